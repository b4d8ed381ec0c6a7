"""Run `manage.py check --deploy` on production settings: the complete example environment of the generated pages.

The example names the local key provider, because no other is part of the portal yet. Deployment refuses
that provider, so exactly that refusal is expected; anything else fails.
"""

import base64
import os
import secrets
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

EXPECTED = {"ascend.E004"}


def example_environment() -> dict[str, str]:
    """Return an environment in which every setting has its example, and secrets are real ones."""
    from ascend_portal import env

    examples = {setting.name: setting.example for setting in env.catalogue() if setting.example}
    return examples | {
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ASCEND_REGISTRY_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "DJANGO_SETTINGS_MODULE": "ascend_portal.settings",
    }


def main() -> int:
    """Print what the checks say beyond the expected refusal, and return the exit status."""
    os.environ.update(example_environment())
    import django
    from django.core import checks

    django.setup()
    messages = checks.run_checks(include_deployment_checks=True)
    found = {message.id for message in messages if message.level >= checks.WARNING}
    surprises = [message for message in messages if message.level >= checks.WARNING and message.id not in EXPECTED]
    surprises += [f"{missing} was expected and is not reported" for missing in EXPECTED - found]
    for surprise in surprises:
        sys.stderr.write(f"{surprise}\n")
    sys.stdout.write(f"deployment checks: {len(surprises)} surprises\n")
    return 1 if surprises else 0


if __name__ == "__main__":
    sys.exit(main())
