"""Renew leases before they end, and take away those whose epoch moved on.

Spec: docs/spec/keychain.md §8. Everything here but `_ask` runs on the ticker's thread and its one connection:
read the rows of all organizations that are due, ask their providers on other threads, read all
epochs again, install what is unchanged (KC-34, KC-35).
"""

import logging
import os
import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ascend.envelope.errors import DecryptionFailed
from ascend.keychain import acquisition, asking, clock, process, revocation, snapshot
from ascend.keychain.asking import Unwrapped
from ascend.keychain.errors import KeySuspended, KeyUnavailable
from ascend.keychain.leases import TenantLease
from ascend.keychain.models import Revocation
from ascend.keychain.process import Tenancy
from ascend.keychain.snapshot import Snapshot
from ascend.keychain.states import Level, State
from ascend.providers.contract import Denied, Integrity, ProviderError

logger = logging.getLogger(__name__)

# As many organizations' key stores may be slow at once before a further one waits.
THREADS = 32
RETRY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking one organization's provider."""

    tenancy: Tenancy
    shot: Snapshot
    generation: int
    result: Unwrapped | ProviderError | DecryptionFailed


_answers: "queue.SimpleQueue[Answer]" = queue.SimpleQueue()
_pool: ThreadPoolExecutor | None = None


def has_finished() -> bool:
    """Return whether a provider has answered since the last look."""
    return not _answers.empty()


def look_and_install() -> None:
    """Read all epochs with one query; end what they revoke, install what they allow."""
    # Answers first: an epoch that is read after an answer came is one that the answer must bear.
    finished = _answers.qsize()
    held = process.tenancies()
    epochs = revocation.read_epochs([tenancy.organization_id for tenancy in held])
    for tenancy in held:
        end_if_revoked(tenancy, epochs.get(tenancy.organization_id))
    answers = [_answers.get() for _ in range(finished)]
    for answer in answers:
        answer.tenancy.is_refreshing = False
    for answer in answers:
        _take_in(answer, epochs.get(answer.tenancy.organization_id))


def end_if_revoked(tenancy: Tenancy, truth: Revocation | None) -> None:
    """Take the lease away if the epoch moved on; let callers try again if access is back."""
    if truth is None:
        return
    lease = tenancy.lease
    if lease is not None and (truth.epoch != lease.epoch or truth.state != State.ACTIVE):
        tenancy.drop()
    if truth.state == State.ACTIVE and isinstance(tenancy.refusal, KeySuspended):
        tenancy.refusal = None


def end_expired() -> None:
    """Let go of the keys of leases that have run out."""
    for tenancy in process.tenancies():
        lease = tenancy.lease
        if lease is not None and not lease.is_valid:
            tenancy.drop()


def begin_due(wake: Callable[[], None]) -> None:
    """Ask the providers of all organizations whose lease is two thirds over and was used since."""
    due = {tenancy.organization_id: tenancy for tenancy in process.tenancies() if _is_due(tenancy)}
    if not due:
        return
    for organization_id, shot in snapshot.read_many(due).items():
        tenancy = due[organization_id]
        try:
            snapshot.check(organization_id, shot.rows.values())
            snapshot.require_in_force(shot)
        except KeyUnavailable as refusal:
            _lose(tenancy, refusal)
            continue
        tenancy.is_refreshing = True
        _threads().submit(_ask, tenancy, shot, tenancy.generation, wake)


def close() -> None:
    """End the threads that ask providers."""
    global _pool  # noqa: PLW0603  (one pool a process)
    pool, _pool = _pool, None
    if pool is not None:
        pool.shutdown(wait=False, cancel_futures=True)
    while has_finished():
        _answers.get()


def _is_due(tenancy: Tenancy) -> bool:
    lease, now = tenancy.lease, clock.boot_seconds()
    if lease is None or tenancy.is_refreshing or now < max(lease.refresh_at, tenancy.retry_at):
        return False
    return tenancy.hits() > lease.hits_when_taken


def _ask(tenancy: Tenancy, shot: Snapshot, generation: int, wake: Callable[[], None]) -> None:
    result: Unwrapped | ProviderError | DecryptionFailed | None = None
    try:
        result = asking.unwrap_tenant_keys(shot)
    except (ProviderError, DecryptionFailed) as error:
        result = asking.diagnose(shot, error)
    except Exception:
        logger.exception("Asking a provider failed on our side; the lease of %s runs to its end.", shot.organization_id)
    if result is None:
        tenancy.is_refreshing, tenancy.retry_at = False, clock.boot_seconds() + RETRY_SECONDS
        return
    _answers.put(Answer(tenancy, shot, generation, result))
    wake()


def _take_in(answer: Answer, truth: Revocation | None) -> None:
    tenancy, result = answer.tenancy, answer.result
    if isinstance(result, Unwrapped):
        tenancy.unwraps += len(result.tenant_keys)
        _install(answer, result, truth)
        return
    if isinstance(result, Denied | Integrity | DecryptionFailed):
        refusal = acquisition.refuse(tenancy, answer.shot, result)
        acquisition.note(tenancy, refusal)
        return
    # No answer is no refusal: the lease runs to its end, and not a moment longer.
    tenancy.retry_at = clock.boot_seconds() + RETRY_SECONDS


def _install(answer: Answer, unwrapped: Unwrapped, truth: Revocation | None) -> None:
    tenancy, shot = answer.tenancy, answer.shot
    lease, tenant = tenancy.lease, shot.primary(Level.TENANT_KEY)
    if lease is None or tenant is None or truth is None or shot.revocation is None:
        return
    if truth.state != State.ACTIVE or truth.epoch != shot.revocation.epoch or tenancy.generation != answer.generation:
        return
    seconds = acquisition.lease_seconds(tenant)
    if seconds == lease.seconds and not _has_changed(lease, shot):
        lease.extend(unwrapped.started_at)
        lease.hits_when_taken = tenancy.hits()
        return
    renewed = TenantLease(
        shot, unwrapped.tenant_keys, epoch=truth.epoch, taken_at=unwrapped.started_at, seconds=seconds
    )
    tenancy.install(renewed, generation=answer.generation)


def _has_changed(lease: TenantLease, shot: Snapshot) -> bool:
    now = shot.versions()
    return any(now.get(key_id) != row.state_version for key_id, row in list(lease.snapshot.rows.items()))


def _lose(tenancy: Tenancy, refusal: KeyUnavailable) -> None:
    tenancy.drop()
    acquisition.note(tenancy, refusal)


def _threads() -> ThreadPoolExecutor:
    global _pool  # noqa: PLW0603  (one pool a process)
    if _pool is None:
        _pool = ThreadPoolExecutor(THREADS, thread_name_prefix="ascend-refresh")
    return _pool


def _forget_in_child() -> None:
    global _pool, _answers  # noqa: PLW0603  (the parent's threads are not in the child)
    _pool, _answers = None, queue.SimpleQueue()


os.register_at_fork(after_in_child=_forget_in_child)
