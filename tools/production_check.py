"""Hold the code against production settings: the complete example environment of the generated pages.

`python tools/production_check.py` runs Django's and our deployment checks; with arguments, that command of
`manage.py` in the same environment. The example names the local key provider, because no other is part of the
portal yet. Deployment refuses that provider, so exactly that refusal is expected; anything else fails.
"""

import base64
import os
import secrets
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

EXPECTED = {"ascend.E005"}


def example_environment() -> dict[str, str]:
    """Return an environment in which every setting has its example, and secrets are real ones."""
    from ascend_portal import env

    examples = {setting.name: setting.example for setting in env.catalogue() if setting.example}
    return examples | {
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ASCEND_REGISTRY_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "DJANGO_SETTINGS_MODULE": "ascend_portal.settings",
    }


def _forget_this_machine() -> None:
    """Drop what the person's own environment says, so that the outcome is the same everywhere."""
    from ascend_portal import env

    for setting in env.catalogue():
        os.environ.pop(setting.name, None)
        os.environ.pop(f"{setting.name}_FILE", None)


def surprises() -> list[str]:
    """Return what the deployment checks say beyond the expected refusal, and that refusal if it is missing."""
    import django
    from django.core import checks

    django.setup()
    messages = [m for m in checks.run_checks(include_deployment_checks=True) if m.level >= checks.WARNING]
    missing = EXPECTED - {message.id for message in messages}
    unexpected = [str(message) for message in messages if message.id not in EXPECTED]
    return unexpected + [f"{check_id} was expected and is not reported" for check_id in sorted(missing)]


def main() -> int:
    """Run a command of manage.py, or the deployment checks; return the exit status."""
    _forget_this_machine()
    os.environ.update(example_environment())
    if len(sys.argv) > 1:
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
        return 0
    found = surprises()
    sys.stderr.writelines(f"{line}\n" for line in found)
    sys.stdout.write(f"deployment checks: {len(found)} surprises\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
