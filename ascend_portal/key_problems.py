"""What can go wrong with the registration of a customer's key, in words for the person or program that has it."""

from http import HTTPStatus

from django.utils.translation import gettext_lazy as _

from ascend_portal.problems import Problem
from byok.services.activating import NotReady
from byok.services.proving import ProofRefused
from byok.services.waiving import Incomplete

NO_REGISTRATION = Problem(
    HTTPStatus.NOT_FOUND,
    "no-registration",
    _("There is no key"),
    _("Your organization has neither a key of its own here nor one that is being registered."),
    _("Register one first."),
    icon="key",
)
ALREADY_PENDING = Problem(
    HTTPStatus.CONFLICT,
    "already-pending",
    _("A key is being registered already"),
    _("Your organization has a registration that is neither finished nor given up."),
    _("Finish it, or give it up and register the other key then."),
    icon="key",
)
ACTIVE_KEY_STAYS = Problem(
    HTTPStatus.CONFLICT,
    "active-key-stays",
    _("The key in charge cannot be removed yet"),
    _("Your organization's values are protected under it. Without it they would have to be re-encrypted under a "
      "key of the platform, which this version does not offer. Nothing was changed."),
    _("Register another key of your own: it takes over once it is approved. To stop all access at once, disable the "
      "key in your key service."),
    icon="key",
)  # fmt: skip
ROTATION_NOT_OFFERED = Problem(
    HTTPStatus.NOT_IMPLEMENTED,
    "rotation-not-offered",
    _("A new tenant key is not offered yet"),
    _("The keys under the tenant key would have to be moved to the next one, which is not part of this version. "
      "Nothing was changed."),
    _("Rotate the data keys, or let your key service rotate the key itself: the portal needs no change for that."),
    icon="key",
)  # fmt: skip
KEY_TAKEN = Problem(
    HTTPStatus.CONFLICT,
    "key-taken",
    _("This key is registered already"),
    _("This key is registered in this portal already. Each organization needs a key of its own."),
    _("Make another key and register that."),
    icon="key",
)
WRONG_STEP = Problem(
    HTTPStatus.CONFLICT,
    "wrong-step",
    _("The registration is at another step"),
    _("Its activation is being decided, somebody changed it meanwhile, or an earlier step is not done."),
    _("Look at the registration again."),
    icon="key",
)
CHECKS_RUNNING = Problem(
    HTTPStatus.CONFLICT,
    "checks-running",
    _("The checks are running"),
    _("A run of the checks has begun and has not ended."),
    _("Look at it again in a moment."),
    icon="key",
    retry_after_seconds=5,
)
HAS_VALUES = Problem(
    HTTPStatus.CONFLICT,
    "has-values",
    _("There are values under the platform's keys"),
    _("Values of this organization are protected under the platform's keys already. Moving them to your key needs a "
      "re-encryption of all values, which this version does not offer yet."),
    _("Connect a key of your own before the first import."),
    icon="key",
)  # fmt: skip
ALREADY_REQUESTED = Problem(
    HTTPStatus.CONFLICT,
    "already-requested",
    _("It is being decided already"),
    _("The same change waits for another person's approval."),
    _("Wait for that, or have it rejected."),
    icon="hourglass",
)
WAIVER_OUTDATED = Problem(
    HTTPStatus.CONFLICT,
    "waiver-outdated",
    _("This is not the current waiver"),
    _("The version that you named is not the one that is in force, so nothing was signed."),
    _("Read the current version, then acknowledge that."),
    icon="key",
)
CONFIRMATION_REFUSED = Problem(
    HTTPStatus.FORBIDDEN,
    "confirmation-refused",
    _("This is not your password"),
    _("Signing and activating ask for your password again, and the one given is not yours. Nothing was changed."),
    _("Try again with the password that you sign in with."),
    icon="lock",
)


def not_ready(error: NotReady) -> Problem:
    """Name the steps that are missing before a key may be put in charge."""
    return Problem(
        HTTPStatus.CONFLICT,
        "not-ready",
        _("Steps are missing"),
        _("The key cannot be put in charge before every step is done."),
        " ".join(error.missing),
        icon="key",
        members={"missing": list(error.missing)},
    )


def proof_refused(error: ProofRefused) -> Problem:
    """Say why a ciphertext proves nothing."""
    title = _("This does not prove that you control the key")
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "proof-refused", title, error.cause, error.fix, icon="key")


def waiver_incomplete(error: Incomplete) -> Problem:
    """Name the statements that were not acknowledged."""
    return Problem(
        HTTPStatus.BAD_REQUEST,
        "waiver-incomplete",
        _("Not every statement is acknowledged"),
        _("Nothing was signed, because these are not true: %(names)s.") % {"names": ", ".join(error.missing)},
        _("Acknowledge all three statements, or do not bring a key of your own."),
        icon="key",
        members={"missing": list(error.missing)},
    )
