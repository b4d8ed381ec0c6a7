"""Checks of what the key service says about the key, without using it."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ascend.providers.aws_kms import arn
from ascend.providers.aws_kms.metadata import KeyMetadata
from ascend.providers.contract import ProviderError
from byok.checks.subject import Subject
from byok.checks.verdict import Verdict, failed, passed, warned

CUSTOMER, SYMMETRIC, BOTH_WAYS = "CUSTOMER", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"


def identity(subject: Subject) -> Verdict:
    """Ask under which name the key's owner sees the portal."""
    name = subject.timed(lambda: subject.provider.caller_identity(subject.uri))
    if subject.expected_principal and not is_same_role(name, subject.expected_principal):
        return warned(
            _("The portal calls as %(name)s, and your policy was written for another role.") % {"name": name},
            _("Ask the people who run this portal: its AWS credentials or BYOK_PRINCIPAL_ARN are wrong."),
        )
    return passed(name)


def kind(subject: Subject) -> Verdict:
    """Ask what the key is (DescribeKey)."""
    metadata = subject.metadata = subject.timed(lambda: subject.provider.metadata(subject.uri))
    wrong = _what_is_wrong(metadata)
    if wrong is not None:
        return failed(*wrong)
    facts = _("Symmetric, %(origin)s, managed by its owner") % {"origin": metadata.origin}
    return passed(facts)


def region(subject: Subject) -> Verdict:
    """Compare the Region with the organization's rule."""
    metadata = subject.metadata
    here = metadata.region if metadata else arn.parse_key(subject.uri.partition(":")[2].partition("?")[0]).region
    if subject.allowed_regions and here not in subject.allowed_regions:
        allowed = ", ".join(subject.allowed_regions)
        return failed(
            _("The key is in %(here)s.") % {"here": here},
            _("Your organization allows %(allowed)s only. Make the key there.") % {"allowed": allowed},
        )
    return passed(here)


def end_of_key(subject: Subject) -> Verdict:
    """Look for a date on which the key or its material ends."""
    metadata = subject.metadata
    if metadata is None:
        return warned(
            _("DescribeKey was refused, so no date is known."), _("Allow kms:DescribeKey without a condition.")
        )
    if metadata.deletion_date is not None:
        return failed(
            _("The key will be deleted on %(day)s.") % {"day": date_format(metadata.deletion_date, "j M Y")},
            _("CancelKeyDeletion and then EnableKey in AWS."),
        )
    if metadata.expires_at is not None:
        return warned(
            _("The imported material expires on %(day)s.") % {"day": date_format(metadata.expires_at, "j M Y")},
            _("Keep the same material at hand: without it everything under the key is lost on that day."),
        )
    return passed(_("No deletion is scheduled, and no material expires."))


def rotation(subject: Subject) -> Verdict:
    """Ask whether AWS rotates the key by itself. A key with imported material it cannot rotate."""
    if subject.metadata is not None and subject.metadata.origin != "AWS_KMS":
        return passed(_("AWS does not rotate a key of this origin by itself. You rotate it."))
    try:
        status = subject.provider.rotation_status(subject.uri)
    except ProviderError as error:
        return warned(
            error.cause, _("Allow kms:GetKeyRotationStatus, or look yourself: aws kms get-key-rotation-status.")
        )
    if not status.is_enabled:
        return warned(
            _("Yearly rotation is off."), _("aws kms enable-key-rotation. The portal notices a rotation by itself.")
        )
    return passed(_("Every %(days)s days") % {"days": status.period_days or 365})


def is_same_role(caller: str, role: str) -> bool:
    """Return whether `caller` is `role` or a session of it. A session's ARN leaves out the role's path."""
    if caller == role:
        return True
    account, name = role.split(":")[4:5], role.rpartition("/")[2]
    return caller.split(":")[4:5] == account and f":assumed-role/{name}/" in caller


def _what_is_wrong(metadata: KeyMetadata) -> tuple[str, str] | None:
    if metadata.manager != CUSTOMER:
        return _("AWS manages this key."), _("Its policy cannot be changed. Make a customer managed key.")
    if metadata.spec != SYMMETRIC:
        return (
            _("The key is of the kind %(spec)s.") % {"spec": metadata.spec},
            _("Make a symmetric key (SYMMETRIC_DEFAULT): asymmetric keys wrap too little."),
        )
    if metadata.usage != BOTH_WAYS:
        return (
            _("The key is for %(usage)s.") % {"usage": metadata.usage},
            _("Make a key for encrypting and decrypting (ENCRYPT_DECRYPT)."),
        )
    if not metadata.is_enabled:
        return _("The key's state is %(state)s.") % {"state": metadata.state}, _("Enable the key in AWS.")
    return None
