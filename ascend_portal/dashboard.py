"""The overview at `/`: what is protected, how the keys are, what happened, and what waits for whom."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from accounts.access import Access, SignedInMixin
from accounts.roles import Role
from ascend.keychain import selectors as keychain
from ascend_portal import figures
from ascend_portal.navigation import KEY_VIEWERS, LOG_READERS, RECORD_ROLES
from records.models import PersonRecord

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
        chain = keychain.keychain(organization_id)
        context |= {"now": now, "keychain": chain, "steps": open_steps(self.access, has_keys=chain.exists)}
        if self.access.has(*RECORD_ROLES):
            context["records"] = figures.records_figures(organization_id)
        if self.access.has(Role.STEWARD):
            context["may_import"] = True
            context["imports"] = figures.latest_imports(organization_id)
        if self.access.has(*KEY_VIEWERS):
            context["keys"] = figures.keys_figures(chain)
        if self.access.has(*LOG_READERS):
            context["activity"] = figures.activity(organization_id, now)
        return context


def open_steps(access: Access, *, has_keys: bool) -> list[Step]:
    """Return the set-up checklist, or nothing once all of it is done."""
    steps = [_roles_step(access), _import_step(access), _keys_step(access, has_keys=has_keys)]
    return [] if all(step.is_done for step in steps) else steps


def _roles_step(access: Access) -> Step:
    missing = figures.missing_roles(access.organization.pk)
    names = ", ".join(str(role.label) for role in missing)
    text = _("Nobody is yet: %(roles)s.") % {"roles": names} if missing else _("Every role is held by somebody.")
    return Step(_("Give every role to somebody"), text, not missing)


def _import_step(access: Access) -> Step:
    url = reverse("records:import") if access.has(Role.STEWARD) else ""
    text = _("A data steward uploads a CSV file. A dry run shows every problem before anything is written.")
    is_done = PersonRecord.objects.for_organization(access.organization.pk).exists()
    return Step(_("Import the first people"), text, is_done, url, _("Start an import"))


def _keys_step(access: Access, *, has_keys: bool) -> Step:
    url = reverse("byok:keys") if access.has(*KEY_VIEWERS) else ""
    text = _("They are made with the first protected value, under the organization's own master key.")
    return Step(_("Have the organization's keys made"), text, has_keys, url, _("See the keys"))
