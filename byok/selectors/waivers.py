"""Whether the waiver is acknowledged, and by whom."""

from uuid import UUID

from byok.models import Acknowledgement
from byok.waivers import waiver


def current_acknowledgement(organization_id: UUID) -> Acknowledgement | None:
    """Return the newest signature under the current text; an older version does not count."""
    current = waiver()
    signed = Acknowledgement.objects.for_organization(organization_id).select_related("person")
    found = signed.filter(version=current.version, sha256=current.sha256)
    return found.order_by("-acknowledged_at", "-id").first()


def newest_acknowledgement(organization_id: UUID) -> Acknowledgement | None:
    """Return the newest signature under any version."""
    signed = Acknowledgement.objects.for_organization(organization_id).select_related("person")
    return signed.order_by("-acknowledged_at", "-id").first()
