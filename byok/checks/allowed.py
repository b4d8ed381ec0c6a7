"""Checks of what the portal must be able to do, done for real."""

from statistics import quantiles

from django.utils.translation import gettext as _

from byok.checks.subject import Subject
from byok.checks.verdict import Verdict, failed, passed, warned

SAMPLES = 10
SLOW_MILLISECONDS = 500
"""Above this a renewed lease is felt by whoever waits for it; measured calls inside one Region take 5 to 30."""


def generate(subject: Subject) -> Verdict:
    """Let the key make a data key, which is thrown away."""
    subject.timed(lambda: subject.provider.generate(subject.uri, subject.own))
    return passed(_("A data key was made and thrown away."))


def wrap_and_unwrap(subject: Subject) -> Verdict:
    """Encrypt a test key and decrypt it again: it must come back the same."""
    key = subject.test_key()
    wrapped = subject.timed(lambda: subject.provider.wrap(subject.uri, key, subject.own))
    subject.ciphertext = wrapped.ciphertext
    opened = subject.timed(lambda: subject.provider.unwrap(subject.uri, wrapped.ciphertext, subject.own))
    if opened != key:
        return failed(
            _("Another key came back than was encrypted."), _("Do not use this key. Ask its operator what answered.")
        )
    return passed(_("32 random bytes came back the same, under your organization's context."))


def re_encrypt(subject: Subject) -> Verdict:
    """Move a ciphertext from the key to itself, as after a rotation."""
    moved = subject.timed(
        lambda: subject.provider.rewrap(
            subject.uri, subject.ciphertext, subject.own, to=subject.uri, to_context=subject.own
        )
    )
    subject.provider.unwrap(subject.uri, moved.ciphertext, subject.own)
    return passed(_("The plaintext stayed inside the key service."))


def latency(subject: Subject) -> Verdict:
    """Say how long a call takes: half of them, and 95 of 100."""
    while len(subject.milliseconds) < SAMPLES:
        subject.timed(lambda: subject.provider.generate(subject.uri, subject.own))
    cuts = quantiles(subject.milliseconds, n=20)
    said = _("p50 %(half)s ms, p95 %(most)s ms") % {"half": round(cuts[9]), "most": round(cuts[18])}
    if cuts[18] > SLOW_MILLISECONDS:
        return warned(said, _("A key in the Region of this portal answers faster."))
    return passed(said)
