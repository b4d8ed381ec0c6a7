"""The end of a window: no old value is left, and from now on one is an alarm."""

from django.db import transaction
from django.utils import timezone

from ascend import journal
from ascend.campaigns.errors import OldValuesLeft
from ascend.campaigns.target import Target
from ascend.fields import watermarks
from ascend.fields.watermarks import ClosedWindow


def close(target: Target) -> bool:
    """Store that the column's window is closed; return whether it was open.

    Raises:
        OldValuesLeft: the old column still holds values.
    """
    left = target.old_values_left()
    if left:
        raise OldValuesLeft(f"{target.field.label}: {left} rows still hold a value in their old form.")
    with transaction.atomic():
        _, closed = ClosedWindow.objects.get_or_create(label=target.label, defaults={"closed_at": timezone.now()})
        if closed:
            details: dict[str, str | int] = {"label": target.label}
            journal.emit("fields:window:close", organization_id=target.organization_id, details=details)
    watermarks.forget()
    return closed


def reopen(target: Target) -> None:
    """Forget that the window was closed: values are about to go back to the old column, by permission."""
    ClosedWindow.objects.filter(label=target.label).delete()
    watermarks.forget()
