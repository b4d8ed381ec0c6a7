"""The one table from a domain error to what a caller is told: status, title, cause, next action.

The wings raise errors that know nothing of HTTP. `error_pages` turns a `Problem` into a page, a
fragment or `application/problem+json`; both doors of the portal read this table and no other.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from accounts.limits import LimitReached
from accounts.services.approvals import AlreadyRequested
from accounts.services.sign_in import ConfirmationRefused
from accounts.services.throttle import TooManyAttempts
from ascend.envelope import DecryptionFailed
from ascend.keychain.errors import (
    CertificateInvalid,
    IllegalTransition,
    KeyInUse,
    KeyTampered,
    KeyUnavailable,
    NotShreddable,
    NotYetCompleted,
    Shredded,
    UnknownOrganization,
    UnknownSubject,
)
from ascend.providers.contract import ProviderError
from ascend.scope import NoOrganization, WrongOrganization
from ascend_portal import key_problems, problems
from ascend_portal.problems import Problem
from audit.services import AuditUnavailable
from byok.services.activating import HasValues, NotReady
from byok.services.checking import AlreadyRunning
from byok.services.pending import ActiveKeyStays, AlreadyPending, NoRegistration
from byok.services.proving import ProofRefused
from byok.services.registering import KeyTaken, WrongStep
from byok.services.rotating import RotationNotOffered
from byok.services.waiving import Incomplete, Outdated

KEY_SERVICE_RETRY_SECONDS = 5


def _key_unavailable(error: KeyUnavailable) -> Problem:
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        error.code,
        _("Protected data cannot be read right now"),
        error.reason,
        error.fix,
        icon="key-off",
        action="retry",
        retry_after_seconds=error.retry_after_seconds,
    )


def _key_tampered(error: KeyTampered) -> Problem:
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        error.code,
        _("A key failed its integrity check"),
        error.reason,
        error.fix,
        "shield-x",
    )


def _provider_failed(error: ProviderError) -> Problem:
    wait: int = getattr(error, "retry_after_seconds", KEY_SERVICE_RETRY_SECONDS)
    title = _("The key service did not do what was asked")
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE, "key-service", title, error.cause, error.fix, "cloud-off", "retry", wait
    )


def _no_keychain(error: UnknownOrganization) -> Problem:
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "no-keychain",
        _("This organization has no keys yet"),
        _("Protected data needs the organization's own keys, and none were made."),
        _("Ask a key admin of your organization to set them up."),
        icon="key-off",
    )


def _limit_reached(error: LimitReached) -> Problem:
    fix = _("Come back later. If your work needs more, ask the people who run this portal to raise the limit.")
    return Problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        "limit-reached",
        _("You have used up this hour's allowance"),
        _("How often a person may search and reveal is limited, and the refusal is in the audit log."),
        fix,
        icon="hourglass",
        retry_after_seconds=error.retry_after,
    )


def _too_many_attempts(error: TooManyAttempts) -> Problem:
    return Problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too-many-attempts",
        _("Too many attempts to sign in"),
        _("This address was tried too often from where you are."),
        _("Wait, then sign in again. Nobody else is locked out by this."),
        icon="hourglass",
        action="sign_in",
        retry_after_seconds=error.retry_after,
    )


# The first class that fits decides, so a subclass stands before its parent.
TABLE: tuple[tuple[type[Exception], Problem | Callable[[Any], Problem]], ...] = (
    (KeyTampered, _key_tampered),
    (KeyUnavailable, _key_unavailable),
    (UnknownOrganization, _no_keychain),
    (IllegalTransition, problems.KEY_CONFLICT),
    (KeyInUse, problems.KEY_CONFLICT),
    (Shredded, problems.SHREDDED),
    (UnknownSubject, problems.NOT_FOUND),
    (NotShreddable, problems.KEY_CONFLICT),
    (NotYetCompleted, problems.KEY_CONFLICT),
    (CertificateInvalid, problems.BAD_REQUEST),
    (ProviderError, _provider_failed),
    (DecryptionFailed, problems.INTEGRITY),
    (LimitReached, _limit_reached),
    (TooManyAttempts, _too_many_attempts),
    (AuditUnavailable, problems.AUDIT_AWAY),
    (NoRegistration, key_problems.NO_REGISTRATION),
    (AlreadyPending, key_problems.ALREADY_PENDING),
    (ActiveKeyStays, key_problems.ACTIVE_KEY_STAYS),
    (RotationNotOffered, key_problems.ROTATION_NOT_OFFERED),
    (KeyTaken, key_problems.KEY_TAKEN),
    (WrongStep, key_problems.WRONG_STEP),
    (AlreadyRunning, key_problems.CHECKS_RUNNING),
    (NotReady, key_problems.not_ready),
    (HasValues, key_problems.HAS_VALUES),
    (AlreadyRequested, key_problems.ALREADY_REQUESTED),
    (ProofRefused, key_problems.proof_refused),
    (Incomplete, key_problems.waiver_incomplete),
    (Outdated, key_problems.WAIVER_OUTDATED),
    (ConfirmationRefused, key_problems.CONFIRMATION_REFUSED),
    (NoOrganization, problems.NO_ORGANIZATION),
    # That the row exists at all is nothing that another organization learns.
    (WrongOrganization, problems.NOT_FOUND),
    (OperationalError, problems.DATABASE_AWAY),
    (InterfaceError, problems.DATABASE_AWAY),
    (Http404, problems.NOT_FOUND),
    (PermissionDenied, problems.FORBIDDEN),
    (RequestDataTooBig, problems.TOO_LARGE),
    (TooManyFieldsSent, problems.TOO_LARGE),
    (TooManyFilesSent, problems.TOO_LARGE),
    (SuspiciousOperation, problems.BAD_REQUEST),
    (BadRequest, problems.BAD_REQUEST),
)


def problem_of(error: BaseException) -> Problem | None:
    """Return what to tell the caller of `error`, or None for one that nobody foresaw."""
    for kind, told in TABLE:
        if isinstance(error, kind):
            return told if isinstance(told, Problem) else told(error)
    return None
