"""The grant of one registration: for its organization, its deployment and its key."""

from base64 import b64encode

from ascend import conf as library
from ascend.providers.aws_kms import arn
from byok import conf
from byok.grants.renderings import Rendering, Target, renderings, role_cli
from byok.grants.statements import Grant
from byok.models import Registration
from byok.models.registrations import Access
from byok.services.calls import proof_context

ROLE = "role"


def renderings_of(registration: Registration) -> tuple[Rendering, ...]:
    """Return the files that the key admin may apply, the role's lines first where a role is assumed."""
    principal = registration.role_arn or conf.portal_principal_arn()
    grant = Grant(principal, registration.organization_id, library.deployment())
    target = target_of(registration)
    written = renderings(grant, target)
    if registration.access == Access.KEY_POLICY:
        return written
    name = registration.role_arn.rpartition("/")[2]
    text = role_cli(grant, target, portal_principal=conf.portal_principal_arn(), role_name=name)
    return (Rendering(ROLE, "Role (AWS CLI)", "ascend-role.sh", text), *written)


def target_of(registration: Registration) -> Target:
    """Return where the key is. Its ARN was checked when it was typed."""
    key = arn.parse_key(registration.key_arn)
    return Target(account_id=key.account, partition=key.partition, region=key.region, key_arn=str(key))


def proof_command(registration: Registration) -> str:
    """Return the line that only somebody with kms:Encrypt on the key can run: it wraps the nonce under the key."""
    context = ",".join(f"{name}={value}" for name, value in proof_context(registration).items())
    return f"""aws kms encrypt --region {target_of(registration).region} \\
  --key-id "{registration.key_arn}" \\
  --plaintext "{b64encode(bytes(registration.nonce)).decode()}" \\
  --encryption-context "{context}" \\
  --query CiphertextBlob --output text
"""


def create_key_command(region: str = "REGION") -> str:
    """Return the line that makes a key, for somebody who has none yet."""
    return f"""aws kms create-key --region {region} \\
  --description "ASCEND BYOK encryption key" \\
  --key-usage ENCRYPT_DECRYPT \\
  --origin AWS_KMS \\
  --query KeyMetadata.Arn --output text
"""
