"""Who is asking, for which organization, as what: `request.access`."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.views.generic import View
from django_htmx.http import HttpResponseClientRedirect

from accounts.models import Organization, Person
from accounts.roles import Role
from audit.services import denials


@dataclass(frozen=True, slots=True)
class Access:
    """One person's standing in the organization in force, read from the database in this request."""

    person: Person
    organization: Organization
    roles: frozenset[Role]
    organizations: tuple[Organization, ...] = ()

    def has(self, *roles: Role | str) -> bool:
        """Return whether the person holds any of `roles` here."""
        return bool(self.roles.intersection(roles))


def access_of(request: HttpRequest) -> Access | None:
    """Return the standing that the middleware found, typed."""
    access: Access | None = getattr(request, "access", None)
    return access


class RoleRequiredMixin(View):
    """Let only holders of any of `roles` in. Anonymous people are sent to sign in, others get 403.

    An object of another organization is 404: the querysets behind the view are scoped.
    """

    roles: ClassVar[frozenset[Role]]
    access: Access

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Check the role before anything else of the view runs."""
        access = access_of(request)
        if access is None and not request.user.is_authenticated:
            return _to_sign_in(request)
        if access is None:
            raise PermissionDenied
        if not access.has(*self.roles):
            denials.record_denial(
                person_id=access.person.pk,
                organization_id=access.organization.pk,
                page=request.resolver_match.view_name if request.resolver_match else "",
                now=timezone.now(),
            )
            raise PermissionDenied
        self.access = access
        return super().dispatch(request, *args, **kwargs)


class SignedInMixin(RoleRequiredMixin):
    """Let every member of the organization in, whatever the role."""

    roles = frozenset(Role)


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    answer = redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
    if request.headers.get("HX-Request") == "true":
        # A fragment must not be replaced by the sign-in page: the whole page goes there.
        return HttpResponseClientRedirect(answer["Location"])
    return answer
