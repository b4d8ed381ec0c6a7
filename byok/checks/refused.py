"""Checks of what the key must refuse. An answer here means that the policy is wider than what was generated."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from ascend.providers.aws_kms.calls import Calls
from ascend.providers.contract import Denied, Integrity
from byok.checks.subject import Subject
from byok.checks.verdict import Verdict, failed, passed


def foreign_wrap(subject: Subject) -> Verdict:
    """Try to encrypt as if for another organization."""
    return _wrap(subject, subject.foreign, _too_wide(_("kms:Encrypt"), _("for another organization")))


def wrap_without_context(subject: Subject) -> Verdict:
    """Try to encrypt without saying for whom."""
    return _wrap(subject, {}, _too_wide(_("kms:Encrypt"), _("without a context")))


def forged_proof(subject: Subject) -> Verdict:
    """Try to make the proof of control that only the key's owner may make."""
    return _wrap(subject, subject.proof, _too_wide(_("kms:Encrypt"), _("for the purpose “proof”")))


def foreign_unwrap(subject: Subject) -> Verdict:
    """Try to decrypt under another organization's context."""
    return _unwrap(subject, subject.foreign, _too_wide(_("kms:Decrypt"), _("for another organization")))


def unwrap_without_context(subject: Subject) -> Verdict:
    """Try to decrypt without a context."""
    return _unwrap(subject, {}, _too_wide(_("kms:Decrypt"), _("without a context")))


def _wrap(subject: Subject, context: Mapping[str, str], too_wide: Verdict) -> Verdict:
    return _refused(subject, lambda calls: calls.encrypt(subject.test_key().material, context), too_wide)


def _unwrap(subject: Subject, context: Mapping[str, str], too_wide: Verdict) -> Verdict:
    return _refused(subject, lambda calls: calls.decrypt(subject.ciphertext, context), too_wide)


def _refused(subject: Subject, call: Callable[[Calls], object], too_wide: Verdict) -> Verdict:
    """Pass if the policy refuses. "The ciphertext does not fit" means that the policy did not look at the context."""
    try:
        subject.raw(call)
    except Denied:
        return passed(_("Refused, as it must be."))
    except Integrity:
        return too_wide
    return too_wide


def _too_wide(action: str, case: str) -> Verdict:
    return failed(
        _("The key's policy allows %(action)s %(case)s.") % {"action": action, "case": case},
        _("Apply the policy of step 2 again with its conditions, and remove other statements for the portal's role."),
    )
