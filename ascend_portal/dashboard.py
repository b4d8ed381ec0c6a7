"""The overview at `/`: what is protected, how the keys are, what happened, and what waits for whom."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from accounts.access import Access, SignedInMixin
from accounts.roles import Role
from ascend_portal import figures
from ascend_portal.navigation import KEY_VIEWERS, LOG_READERS, RECORD_ROLES

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the set-up checklist. `url` is empty where this person cannot do it."""

    title: "StrOrPromise"
    text: "StrOrPromise"
    is_done: bool
    url: str = ""
    label: "StrOrPromise" = ""


class OverviewView(SignedInMixin, TemplateView):
    """Everybody's first page; each figure only for those who may see what it counts."""

    template_name = "overview/overview.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Read the figures of this person's roles."""
        context = super().get_context_data(**kwargs)
        organization_id, now = self.access.organization.pk, timezone.now()
        context["now"] = now
        context["refusal"] = figures.refusal(organization_id)
        if self.access.has(*RECORD_ROLES):
            context["records"] = figures.records_figures(organization_id)
            context["may_import"] = self.access.has(Role.STEWARD)
        if self.access.has(*KEY_VIEWERS):
            context["keys"] = figures.keys_figures(organization_id, now)
        if self.access.has(*LOG_READERS):
            context["activity"] = figures.activity(organization_id, now)
        context["steps"] = open_steps(self.access)
        return context


def open_steps(access: Access) -> list[Step]:
    """Return the set-up checklist, or nothing once all of it is done."""
    organization_id = access.organization.pk
    steps = [_roles_step(organization_id), _keys_step(organization_id, access), _import_step(organization_id, access)]
    return [] if all(step.is_done for step in steps) else steps


def _roles_step(organization_id: UUID) -> Step:
    missing = figures.missing_roles(organization_id)
    names = ", ".join(str(role.label) for role in missing)
    text = _("Nobody is yet: %(roles)s.") % {"roles": names} if missing else _("Every role is held by somebody.")
    return Step(_("Give every role to somebody"), text, not missing)


def _keys_step(organization_id: UUID, access: Access) -> Step:
    url = reverse("byok:keys") if access.has(*KEY_VIEWERS) else ""
    text = _("They are made with the first protected value, under your organization's master key.")
    is_done = _exists(figures.Key.objects.for_organization(organization_id))
    return Step(_("Make the organization's keys"), text, is_done, url, _("See the keys"))


def _import_step(organization_id: UUID, access: Access) -> Step:
    url = reverse("records:import") if access.has(Role.STEWARD) else ""
    text = _("A data steward uploads a CSV file. A dry run shows every problem before anything is written.")
    is_done = _exists(figures.PersonRecord.objects.for_organization(organization_id))
    return Step(_("Import the first people"), text, is_done, url, _("Start an import"))


def _exists(rows: QuerySet[Any]) -> bool:
    return rows.exists()
