"""How the key of a registration is called: its provider URI, and the encryption contexts that no key row stands behind.

Contexts hold ids and fixed words only: the customer's own log shows them in clear.
"""

from uuid import UUID

from ascend.keychain.states import Level
from ascend.keychain.wrapping import PROBE, provider_context
from ascend.providers.aws_kms import arn
from ascend.providers.aws_kms.address import Address
from byok.models import Registration

PROOF = "proof"
NONCE = "ascend:nonce"


def uri_of(registration: Registration) -> str:
    """Return the provider URI of the key. Its ARN was checked when it was typed."""
    key = arn.parse_key(registration.key_arn)
    external_id = str(registration.organization_id) if registration.role_arn else ""
    return Address(key, registration.role_arn, external_id).uri


def probe_context(registration: Registration, organization_id: UUID | None = None) -> dict[str, str]:
    """Return the context of a test call, of another organization if one is given."""
    return provider_context(
        organization_id=organization_id or registration.organization_id,
        key_id=registration.pk,
        level=Level.TENANT_KEY,
        purpose=PROBE,
    )


def proof_context(registration: Registration) -> dict[str, str]:
    """Return the context under which the key's owner wraps the nonce. The grant allows us no such wrap."""
    context = provider_context(
        organization_id=registration.organization_id, key_id=registration.pk, level=Level.TENANT_KEY, purpose=PROOF
    )
    return {**context, NONCE: registration.nonce_text}
