"""A call with its time-outs and its further attempts: at most 3, within 3 s in total (PV-53, PV-54)."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from typing import Final, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from ascend.providers.aws_kms.errors import translated
from ascend.providers.aws_kms.findings import BY_NAME
from ascend.providers.contract import Denied, ProviderError, Transient

ATTEMPTS: Final = 3
TOTAL_SECONDS: Final = 3.0
LEAST_SECONDS: Final = 0.05
JITTER_SECONDS: Final = 0.1
THREADS: Final = 64

Result = TypeVar("Result")


class Deadline:
    """A moment on the monotonic clock."""

    def __init__(self, seconds: float = TOTAL_SECONDS) -> None:
        self._at = time.monotonic() + seconds

    def left(self) -> float:
        """Return how many seconds remain, at least 0."""
        return max(self._at - time.monotonic(), 0.0)


class Attempts:
    """Runs calls on threads of its own: DNS and slow handshakes know no time-out, and the caller must have one."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="ascend-kms")

    def first_good(self, calls: "list[Callable[[], Result]]", deadline: Deadline) -> Result:
        """Return the result of the first call, or of one of its replicas' where the first got no answer.

        Only a `Transient` failure is tried again, and only the first place's own refusal counts: a customer
        disables each replica by itself, and the state of the key is what its first place says.

        Raises:
            ProviderError: what the first place said last.
        """
        failure: ProviderError = BY_NAME["unreachable"].error("(no time left)")
        for number in range(ATTEMPTS):
            is_first_place = number % len(calls) == 0
            try:
                return self.once(calls[number % len(calls)], deadline)
            except Transient as error:
                failure = error if is_first_place else failure
            except Denied:
                if is_first_place:
                    raise
            if not self._waited(number, deadline):
                break
        raise failure

    def once(self, call: Callable[[], Result], deadline: Deadline) -> Result:
        """Return what one call gave, if it gave it in time.

        Raises:
            ProviderError: what went wrong, in the contract's words.
        """
        future: Future[Result] = self._threads.submit(call)
        try:
            return future.result(deadline.left())
        except NotInTime as error:
            future.cancel()
            raise BY_NAME["unreachable"].error("(no answer in time)") from error
        except (ClientError, BotoCoreError, ResponseParserError) as error:
            raise translated(error) from error
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            # boto3 stumbles over, or passes on, a body that is JSON and not KMS's.
            raise BY_NAME["malformed"].error() from error

    def _waited(self, number: int, deadline: Deadline) -> bool:
        """Wait a random while before the next attempt; return whether there is time for one."""
        if number == ATTEMPTS - 1:
            return False
        pause = random.uniform(0, JITTER_SECONDS * 2**number)  # noqa: S311  (spreads load, hides nothing)
        if deadline.left() < pause + LEAST_SECONDS:
            return False
        threading.Event().wait(pause)
        return True
