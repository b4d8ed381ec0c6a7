"""What operators see of accounts in the stock admin: who there is, and nothing to change.

People, roles and decisions change through services, which record it. No password hash, no token,
no vote and no request is registered here at all.
"""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.models import Membership, Organization, Person

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:  # Django's class takes no type argument when the program runs.
    _ModelAdmin = admin.ModelAdmin


class ReadOnlyAdmin(_ModelAdmin):
    """Lists and shows rows. Nobody adds, changes or deletes them here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return that nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return that nobody changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return that nobody deletes."""
        return False


@admin.register(Organization)
class OrganizationAdmin(ReadOnlyAdmin):
    """The organizations."""

    list_display = ("name", "slug", "time_zone", "is_sample", "created_at")
    search_fields = ("name", "slug")


@admin.register(Person)
class PersonAdmin(ReadOnlyAdmin):
    """The people, without their password hash."""

    list_display = ("display_name", "email", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "display_name")
    fields = ("display_name", "email", "time_zone", "language", "is_active", "is_staff", "last_login", "created_at")


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    """Who is what where."""

    list_display = ("person", "organization", "roles", "created_at")
    list_filter = ("organization",)
    list_select_related = ("person", "organization")
