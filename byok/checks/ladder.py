"""The ladder: which checks there are, in which order, and what each proves.

A check returns what it found, or raises a `ProviderError`, which is a failure with its own cause and fix. What must be
refused is checked as well as what must be allowed: a key policy of another account cannot be read, only probed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from byok.checks import allowed, described, refused
from byok.checks.subject import Subject
from byok.checks.verdict import Verdict

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Rung:
    """One check. After one that is `needed` has failed, the rest is not run: nothing could be learned from it."""

    slug: str
    title: "StrOrPromise"
    run: Callable[[Subject], Verdict]
    needed: bool = False


LADDER = (
    Rung("identity", _("The key service knows the portal"), described.identity, needed=True),
    Rung("describe", _("The key is of the right kind, enabled, and yours"), described.kind),
    Rung("region", _("The key is in an allowed Region"), described.region),
    Rung("deletion", _("Nothing is about to end the key"), described.end_of_key),
    Rung("generate", _("Make a data key (GenerateDataKey)"), allowed.generate, needed=True),
    Rung("wrap", _("Encrypt and decrypt a test key"), allowed.wrap_and_unwrap, needed=True),
    Rung("re-encrypt", _("Re-encrypt inside the key service (ReEncrypt)"), allowed.re_encrypt),
    Rung("foreign-wrap", _("Refuse to encrypt for another organization"), refused.foreign_wrap),
    Rung("foreign-unwrap", _("Refuse to decrypt under another organization's context"), refused.foreign_unwrap),
    Rung("no-context-wrap", _("Refuse to encrypt without a context"), refused.wrap_without_context),
    Rung("no-context-unwrap", _("Refuse to decrypt without a context"), refused.unwrap_without_context),
    Rung("forged-proof", _("Refuse a proof of control that the portal makes itself"), refused.forged_proof),
    Rung("rotation", _("AWS rotates the key"), described.rotation),
    Rung("latency", _("The key answers quickly"), allowed.latency),
)
BY_SLUG = {rung.slug: rung for rung in LADDER}
