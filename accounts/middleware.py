"""Every request: is the sign-in still good, for which organization, in which zone and language."""

import zoneinfo
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from uuid import UUID

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from accounts import session_age
from accounts.access import Access
from accounts.models import Membership, Person
from accounts.roles import Role
from ascend.scope import organization_scope

SESSION_ORGANIZATION = "organization_id"
SIGNED_OUT_BY_TIME = "signed_out_by_time"


class AccessMiddleware:
    """Fill `request.access` from the live memberships and put its organization in force.

    Nothing about roles is remembered between requests, so a role that was taken away or a person
    who was deactivated is noticed by the next request. Stands after AuthenticationMiddleware.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        now = timezone.now()
        _end_if_over(request, now)
        access = _access_of(request)
        request.access = access  # type: ignore[attr-defined]  # Django's request takes what middleware gives.
        with ExitStack() as stack:
            if isinstance(request.user, Person):
                _enter_locale(stack, request.user, access)
            if access is not None:
                stack.enter_context(organization_scope(access.organization.pk))
            response = self.get_response(request)
        return _keep_out_of_caches(request, response)


def _end_if_over(request: HttpRequest, now: datetime) -> None:
    if not request.user.is_authenticated:
        return
    if session_age.has_ended(request.session, now):
        logout(request)
        request.session[SIGNED_OUT_BY_TIME] = True
    elif not session_age.is_poll(request):
        session_age.touch(request.session, now)


def _access_of(request: HttpRequest) -> Access | None:
    if not isinstance(request.user, Person):
        return None
    memberships = list(Membership.objects.of_active(request.user.pk))
    chosen = _chosen(memberships, request.session.get(SESSION_ORGANIZATION))
    if chosen is None:
        return None
    return Access(
        person=request.user,
        organization=chosen.organization,
        roles=frozenset(Role(role) for role in chosen.roles),
        organizations=tuple(membership.organization for membership in memberships),
    )


def _chosen(memberships: list[Membership], organization_id: object) -> Membership | None:
    """Return the membership the session names if it still exists, else the first one."""
    for membership in memberships:
        if str(membership.organization_id) == organization_id:
            return membership
    return memberships[0] if memberships else None


def _enter_locale(stack: ExitStack, person: Person, access: Access | None) -> None:
    fallback = access.organization.time_zone if access else "UTC"
    stack.enter_context(timezone.override(zoneinfo.ZoneInfo(person.time_zone or fallback)))
    stack.enter_context(translation.override(person.language))


def _keep_out_of_caches(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    if request.user.is_authenticated:
        response["Cache-Control"] = "no-store"
        patch_vary_headers(response, ("Cookie",))
    return response


def remember_organization(request: HttpRequest, organization_id: UUID) -> None:
    """Make `organization_id` the one that later requests of this session start in."""
    request.session[SESSION_ORGANIZATION] = str(organization_id)
