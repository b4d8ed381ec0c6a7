"""The one prober of a deployment: real cryptography with every organization's master key, on a schedule.

Spec: docs/spec/keychain.md §9. While an organization is suspended nobody else calls its provider; two good
probes at least 3 s apart end what a provider's refusal began (KC-44 to KC-46).
"""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.db import Error
from django.utils import timezone

from ascend import conf
from ascend.keychain import clock, database, leadership, revocation, snapshot, wrapping
from ascend.keychain.errors import KeyTampered
from ascend.keychain.models import Key, Lease, Revocation
from ascend.keychain.states import Level, State
from ascend.providers import probing
from ascend.providers.contract import Denied, ProviderError

logger = logging.getLogger(__name__)

STEP_SECONDS = 0.5
IN_USE_SECONDS = 5.0
# 3 s to the first good probe, 3 s to the second, 2 s until every process has looked: back within 10 s.
SUSPENDED_SECONDS = 3.0
IDLE_SECONDS = 60.0
GONE_SECONDS = 900.0
WATCH_AFTER_SUSPENSION = timedelta(hours=1)
GOOD_PROBES_APART_SECONDS = 3.0
THREADS = 32


@dataclass(slots=True)
class Watch:
    """What the prober remembers of one organization."""

    due_at: float = 0.0
    epoch: int = 0
    good_since: float | None = None
    is_asking: bool = False


@dataclass(slots=True)
class Prober:
    """Probes until told to stop. One process of a deployment leads; the others wait for its lock."""

    stopping: threading.Event = field(default_factory=threading.Event)
    watches: dict[UUID, Watch] = field(default_factory=dict)

    def run(self) -> None:
        """Probe on schedule until `stopping` is set."""
        with ThreadPoolExecutor(THREADS, thread_name_prefix="ascend-probe") as threads:
            while not self.stopping.is_set():
                try:
                    if leadership.is_leader():
                        self.step(threads)
                except Error:
                    logger.warning("The key database cannot be asked; probing goes on.", exc_info=True)
                    leadership.resign()
                except Exception:
                    # The only prober of the deployment: without it nothing suspends and nothing resumes.
                    logger.exception("A round of probes failed on our side; probing goes on.")
                self.stopping.wait(STEP_SECONDS)
        leadership.resign()

    def step(self, threads: ThreadPoolExecutor) -> None:
        """Begin the probes that are due."""
        now = clock.boot_seconds()
        in_use = set(Lease.objects.filter(expires_at__gt=timezone.now()).values_list("organization_id", flat=True))
        revocations = revocation.read_epochs(self._organizations())
        for organization_id, truth in revocations.items():
            watch = self.watches.setdefault(organization_id, Watch())
            if watch.epoch != truth.epoch:
                # Good probes from before a suspension say nothing about after it.
                watch.epoch, watch.good_since = truth.epoch, None
            interval = interval_seconds(truth, is_in_use=organization_id in in_use)
            watch.due_at = min(watch.due_at, now + interval)
            if watch.due_at <= now and not watch.is_asking:
                watch.is_asking, watch.due_at = True, now + interval
                threads.submit(self._probe, truth, watch)

    def _organizations(self) -> list[UUID]:
        masters = Key.objects.in_environment(conf.environment()).primary(Level.MASTER_KEY)
        return list(masters.values_list("organization_id", flat=True))

    def _probe(self, truth: Revocation, watch: Watch) -> None:
        database.mark_thread()
        try:
            self._note(truth, watch, ask(truth.organization_id))
        except KeyTampered as refusal:
            logger.error("%s", refusal)  # noqa: TRY400  (the cause is in the message; there is no traceback to show)
        except Exception:
            logger.exception("The probe of %s failed on our side.", truth.organization_id)
        finally:
            watch.is_asking = False
            database.connection().close()

    def _note(self, truth: Revocation, watch: Watch, answer: ProviderError | None) -> None:
        if answer is None:
            self._note_good(truth, watch)
        else:
            watch.good_since = None
        if isinstance(answer, Denied):
            revocation.deny(truth.organization_id, epoch=truth.epoch, denied=answer, now=timezone.now())
        if answer is None or isinstance(answer, Denied):
            gone = answer is not None and answer.gone
            revocation.note_probe(truth.organization_id, now=timezone.now(), gone=gone)

    def _note_good(self, truth: Revocation, watch: Watch) -> None:
        if truth.epoch != watch.epoch:
            return  # begun before the present epoch: it says nothing about it
        now = clock.boot_seconds()
        if watch.good_since is None:
            watch.good_since = now
        if truth.state != State.SUSPENDED:
            return
        if now - watch.good_since >= GOOD_PROBES_APART_SECONDS:
            revocation.restore(truth.organization_id, epoch=truth.epoch, now=timezone.now())
        else:
            watch.due_at = watch.good_since + GOOD_PROBES_APART_SECONDS


def ask(organization_id: UUID) -> ProviderError | None:
    """Probe the organization's master key; return the refusal, or None if all is well.

    Raises:
        KeyTampered: the row that names the master key is not as this deployment wrote it.
    """
    shot = snapshot.read(organization_id)
    master = shot.primary(Level.MASTER_KEY)
    if master is None:
        return None
    try:
        probing.probe(master.provider_uri, wrapping.probe_context(master))
    except ProviderError as error:
        return error
    return None


def interval_seconds(truth: Revocation, *, is_in_use: bool) -> float:
    """Return how many seconds lie between two probes of an organization."""
    if truth.state == State.SUSPENDED:
        if timezone.now() - truth.changed_at < WATCH_AFTER_SUSPENSION:
            return SUSPENDED_SECONDS
        return GONE_SECONDS if truth.gone else IDLE_SECONDS
    return IN_USE_SECONDS if is_in_use else IDLE_SECONDS
