"""Who a session belongs to. Passwords are checked in `accounts.services.sign_in` and nowhere else."""

from uuid import UUID

from django.contrib.auth.backends import BaseBackend

from accounts.models import Person


class PersonBackend(BaseBackend):
    """Finds the person of a session.

    It has no `authenticate`, so no other door (the stock admin's login form, a library) can try
    passwords past the throttle.
    """

    def get_user(self, user_id: UUID | str) -> Person | None:
        """Return the person if they may still sign in."""
        return Person.objects.filter(pk=user_id, is_active=True).first()
