"""What KMS does, by the name of the operation."""

from collections.abc import Mapping

from ascend.testing.kms.call import Operation
from ascend.testing.kms.operations import cryptography, imports, lifecycle, rotation

OPERATIONS: Mapping[str, Operation] = {
    **cryptography.OPERATIONS,
    **lifecycle.OPERATIONS,
    **imports.OPERATIONS,
    **rotation.OPERATIONS,
}
