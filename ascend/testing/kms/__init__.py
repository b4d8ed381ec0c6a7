"""A KMS server for tests that is as strict as AWS's: key states, policies, encryption contexts, imports, faults.

It needs `cryptography` and nothing else. See docs/guides/strict-kms.md.
"""

from ascend.testing.kms.call import Call
from ascend.testing.kms.faults import Fault, Faults
from ascend.testing.kms.identities import Credentials
from ascend.testing.kms.key import KmsKey
from ascend.testing.kms.refusals import Refusal
from ascend.testing.kms.server import StrictKms, byok_policy

__all__ = ["Call", "Credentials", "Fault", "Faults", "KmsKey", "Refusal", "StrictKms", "byok_policy"]
