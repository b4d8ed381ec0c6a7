"""Who may ask what: the roles that a view names, by reading and writing."""

from collections.abc import Set as AbstractSet
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.access import Access, access_of
from accounts.roles import Role
from audit.services import denials
from byok.access import READ_API, REGISTER


class HasRole(BasePermission):
    """Let holders of the view's roles in; a refusal is in the log."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return True.

        Raises:
            NotAuthenticated: nobody is signed in.
            PermissionDenied: the person's roles do not allow it.
        """
        if not request.user.is_authenticated:
            raise NotAuthenticated
        access = access_of(request._request)  # noqa: SLF001  (Django's request, which the middleware gave its access)
        if access is None:
            raise PermissionDenied
        if not access.has(*(view.readers if request.method in SAFE_METHODS else view.writers)):
            _record(request, access)
            raise PermissionDenied
        view.access = access
        return True


class KeyApiView(APIView):
    """A base: reads for `readers`, everything else for `writers`."""

    permission_classes = (HasRole,)
    readers: ClassVar[AbstractSet[Role]] = READ_API
    writers: ClassVar[AbstractSet[Role]] = REGISTER
    access: Access

    def who(self) -> dict[str, Any]:
        """Return what every service needs to know of the caller."""
        return {
            "organization_id": self.access.organization.pk,
            "person_id": self.access.person.pk,
            "now": timezone.now(),
        }


def _record(request: Request, access: Access) -> None:
    match = request.resolver_match
    denials.record_denial(
        person_id=access.person.pk,
        organization_id=access.organization.pk,
        page=match.view_name if match else "",
        now=timezone.now(),
    )
