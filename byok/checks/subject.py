"""What the checks of one run share: the key, how it is called, and what was found on the way."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from ascend.envelope.keys import SecretKey
from ascend.providers.aws_kms.calls import Calls
from ascend.providers.aws_kms.metadata import KeyMetadata
from ascend.providers.aws_kms.provider import AwsKmsProvider

Result = TypeVar("Result")


@dataclass(slots=True)
class Subject:
    """One key under test: `own` is the organization's context, `foreign` another's, `proof` must not be wrapped by us.

    `milliseconds` collects how long each real call took.
    """

    provider: AwsKmsProvider
    uri: str
    own: Mapping[str, str]
    foreign: Mapping[str, str]
    proof: Mapping[str, str]
    expected_principal: str = ""
    allowed_regions: tuple[str, ...] = ()
    milliseconds: list[int] = field(default_factory=list)
    ciphertext: bytes = b""
    metadata: KeyMetadata | None = None

    def timed(self, call: Callable[[], Result]) -> Result:
        """Return what `call` gave, and note how long it took."""
        started = time.monotonic()
        result = call()
        self.milliseconds.append(round((time.monotonic() - started) * 1000))
        return result

    def raw(self, call: Callable[[Calls], Result]) -> Result:
        """Make one call to the key that the portal itself would refuse to make: with a wrong context, or none.

        Raises:
            ProviderError: the key service refused, or could not answer.
        """
        return self.provider.try_call(self.uri, call)

    def test_key(self) -> SecretKey:
        """Return a key that is used for nothing else."""
        return SecretKey.generate()
