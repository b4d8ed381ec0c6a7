"""Run the live checks of a registration, one line at a time, while people watch.

Each line is a row, in which the worker writes what it finds as it goes. A worker that died leaves a run without an end;
after `STALLED` the page says so, and another may be started: a run whose number is not the last decides nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import Any, Final, cast
from uuid import UUID, uuid4

from celery import current_app
from django.db import transaction
from django.utils import timezone

from ascend.providers import registry
from ascend.providers.aws_kms.provider import AwsKmsProvider
from ascend.providers.contract import ProviderError
from audit.actor import Actor
from audit.catalogue import Event
from byok import conf
from byok.checks.ladder import LADDER, Rung
from byok.checks.subject import Subject
from byok.checks.verdict import Verdict, failed
from byok.models import Check, Finding, Registration
from byok.services import calls, events, registering

RUN_CHECKS: Final = "byok.run_checks"
STALLED: Final = timedelta(minutes=2)
BLOCKING: Final = frozenset({Finding.FAILED, Finding.SKIPPED})
_SENTENCE: Final = 1000
_CHECKER = Actor.system("checker")


class AlreadyRunning(Exception):
    """A run is under way; its end is a matter of seconds."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the ladder over the key as it was described when the run began."""

    registration: Registration
    number: int

    def lines(self) -> list[Check]:
        """Return its lines in their order."""
        return list(Check.objects.of_run(self.registration.pk, self.number))


def start_checks(*, registration_id: UUID, organization_id: UUID, person_id: UUID, now: datetime) -> Registration:
    """Write the lines of a new run and send it to a worker.

    Raises:
        WrongStep: the registration is no draft, or access was not granted yet.
        AlreadyRunning: a run is under way.
    """
    with transaction.atomic():
        registration = registering.locked_draft(registration_id, organization_id)
        if registration.granted_at is None:
            raise registering.WrongStep
        if is_running(registration, now):
            raise AlreadyRunning
        registration.checks_run += 1
        registration.checks_started_at, registration.checks_ended_at = now, None
        registration.verified_at = None
        registration.save()
        Check.objects.bulk_create(_lines(registration))
        events.record(
            Event.CHECKS_START, registration, actor=Actor.person(person_id), now=now, run=registration.checks_run
        )
        _send(registration)
    return registration


def run_checks(*, registration_id: UUID, number: int) -> None:
    """Run one ladder to its end. Does nothing for a run that is not the last, or has ended."""
    registration = Registration.objects.get(pk=registration_id)
    if registration.checks_run != number or registration.checks_ended_at is not None:
        return
    run = Run(registration, number)
    _climb(run, _subject(registration))
    _end(run, now=timezone.now())


def is_running(registration: Registration, now: datetime) -> bool:
    """Return whether a run has begun, has not ended, and has not stalled."""
    started = registration.checks_started_at
    return started is not None and registration.checks_ended_at is None and now - started < STALLED


def _climb(run: Run, subject: Subject) -> None:
    goes_on = True
    for line, rung in zip(run.lines(), LADDER, strict=True):
        if not goes_on:
            _write(line, Finding.SKIPPED)
            continue
        _write(line, Finding.RUNNING)
        started = monotonic()
        verdict = _verdict(rung, subject)
        line.milliseconds = round((monotonic() - started) * 1000)
        _write(line, verdict.finding, verdict)
        goes_on = not (rung.needed and verdict.finding == Finding.FAILED)


def _verdict(rung: Rung, subject: Subject) -> Verdict:
    try:
        return rung.run(subject)
    except ProviderError as error:
        return failed(error.cause, error.fix)


def _write(line: Check, finding: Finding, verdict: Verdict | None = None) -> None:
    line.finding = finding
    if verdict is not None:
        line.cause, line.fix = verdict.cause[:_SENTENCE], verdict.fix[:_SENTENCE]
    line.save(update_fields=["finding", "cause", "fix", "milliseconds"])


def _end(run: Run, *, now: datetime) -> None:
    lines = run.lines()
    is_good = not any(line.finding in BLOCKING for line in lines)
    with transaction.atomic():
        registration = Registration.objects.select_for_update().get(pk=run.registration.pk)
        if registration.checks_run != run.number or registration.details_version != run.registration.details_version:
            return
        registration.checks_ended_at = now
        registration.verified_at = now if is_good and registration.is_open else None
        registration.save(update_fields=["checks_ended_at", "verified_at"])
        counts: dict[str, Any] = {finding.value: sum(line.finding == finding for line in lines) for finding in Finding}
        events.record(Event.CHECKS_FINISH, registration, actor=_CHECKER, now=now, run=run.number, **counts)


def _lines(registration: Registration) -> list[Check]:
    return [
        Check(registration=registration, run=registration.checks_run, position=position, slug=rung.slug)
        for position, rung in enumerate(LADDER)
    ]


def _subject(registration: Registration) -> Subject:
    uri = calls.uri_of(registration)
    return Subject(
        # Registrations of the wizard are of this provider; `calls.uri_of` writes no other scheme.
        provider=cast("AwsKmsProvider", registry.provider_for(uri)),
        uri=uri,
        own=calls.probe_context(registration),
        foreign=calls.probe_context(registration, organization_id=uuid4()),
        proof=calls.proof_context(registration),
        expected_principal=registration.role_arn or conf.portal_principal_arn(),
        allowed_regions=conf.allowed_regions(),
    )


def _send(registration: Registration) -> None:
    """Send the run's number once the transaction has committed. Without a broker it stalls, and the page says so."""
    arguments = {"registration_id": str(registration.pk), "number": registration.checks_run}
    send = partial(current_app.send_task, RUN_CHECKS, kwargs=arguments, expires=STALLED.total_seconds())
    transaction.on_commit(send, robust=True)
