"""The bytes: suites, context to AAD, seal and open, key wrap, blind index. No Django, no vendor SDK.

Specification: docs/spec/envelope.md and docs/spec/blind-index.md.
"""

from ascend.envelope.blind_index import IndexKey
from ascend.envelope.budget import UsageBlock
from ascend.envelope.cipher import FieldCipher
from ascend.envelope.context import EncryptionContext, FieldContext, KeyContext, length_prefixed, row_part
from ascend.envelope.deterministic import DeterministicCipher, GroupContext
from ascend.envelope.errors import BlockSpent, BudgetExhausted, DecryptionFailed, EnvelopeError, NotAnEnvelope
from ascend.envelope.keys import SecretKey, SivKey
from ascend.envelope.keywrap import unwrap_key, unwrap_siv_key, wrap_key
from ascend.envelope.message import HEADER_BYTES, KEY_ID_BYTES, Envelope, header
from ascend.envelope.multivalued import Match, MultiTransform
from ascend.envelope.ngrams import Ngrams
from ascend.envelope.ranges import Buckets
from ascend.envelope.suites import Suite
from ascend.envelope.transforms import TRANSFORMS, Transform, named

__all__ = [
    "HEADER_BYTES",
    "KEY_ID_BYTES",
    "TRANSFORMS",
    "BlockSpent",
    "Buckets",
    "BudgetExhausted",
    "DecryptionFailed",
    "DeterministicCipher",
    "EncryptionContext",
    "Envelope",
    "EnvelopeError",
    "FieldCipher",
    "FieldContext",
    "GroupContext",
    "IndexKey",
    "KeyContext",
    "Match",
    "MultiTransform",
    "Ngrams",
    "NotAnEnvelope",
    "SecretKey",
    "SivKey",
    "Suite",
    "Transform",
    "UsageBlock",
    "header",
    "length_prefixed",
    "named",
    "row_part",
    "unwrap_key",
    "unwrap_siv_key",
    "wrap_key",
]
