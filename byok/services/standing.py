"""What a registration still needs before its activation may be asked for."""

from django.utils.translation import gettext as _

from byok.models import Registration
from byok.models.waivers import Acknowledgement
from byok.waivers import waiver


def has_current_waiver(registration: Registration) -> bool:
    """Return whether the organization has acknowledged the current text."""
    current = waiver()
    signed = Acknowledgement.objects.for_organization(registration.organization_id)
    return signed.filter(version=current.version, sha256=current.sha256).exists()


def missing(registration: Registration) -> tuple[str, ...]:
    """Return a sentence for each step that is not done, in the order of the steps."""
    steps = (
        (bool(registration.key_arn), _("Name the key.")),
        (registration.granted_at is not None, _("Grant the portal access to the key.")),
        (registration.verified_at is not None, _("Run the checks until none fails.")),
        (registration.proved_at is not None, _("Prove that you control the key.")),
        (has_current_waiver(registration), _("An officer has to acknowledge the current waiver.")),
    )
    return tuple(sentence for is_done, sentence in steps if not is_done)
