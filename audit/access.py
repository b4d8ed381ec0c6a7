"""Who may read the log. `request.access` is filled by accounts' middleware; this floor only asks it."""

from typing import Any, ClassVar, Protocol
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.views.generic import View

from audit.services import denials


class HasId(Protocol):
    """A row with a UUID."""

    @property
    def pk(self) -> UUID:
        """The UUID."""


class ReaderAccess(Protocol):
    """What the log needs to know about who asks."""

    @property
    def person(self) -> HasId:
        """Who asks."""

    @property
    def organization(self) -> HasId:
        """Whose log it is."""

    def has(self, *roles: str) -> bool:
        """Return whether any of the roles is held."""


class LogReaderMixin(View):
    """Let the holders of a reading role in, to the log of their own organization."""

    readers: ClassVar[tuple[str, ...]] = ("auditor", "officer", "key_admin", "approver")
    access: ReaderAccess

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Check the role before anything else of the view runs."""
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        access: ReaderAccess | None = getattr(request, "access", None)
        if access is None:
            raise PermissionDenied
        if not access.has(*self.readers):
            denials.record_denial(
                person_id=access.person.pk,
                organization_id=access.organization.pk,
                page=request.resolver_match.view_name if request.resolver_match else "",
                now=timezone.now(),
            )
            raise PermissionDenied
        self.access = access
        return super().dispatch(request, *args, **kwargs)
