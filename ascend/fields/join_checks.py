"""System checks of what joins (`ascend.E150` and on): deterministic columns, and join groups as a whole."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from django.apps import AppConfig, apps
from django.core import checks
from django.db import models

from ascend.fields.inventory import encrypted_fields

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField

GROUP_CHARACTERS: Final = 200
"""As many as the keychain keeps of a label."""


def check_joins(field: "EncryptedField") -> Iterator[checks.CheckMessage]:
    """Yield what is wrong with one field that is deterministic or in a join group."""
    if field.scheme.is_deterministic:
        yield from _deterministic(field)
    elif field.scheme.join_group and not field.scheme.indexes:
        instead = "Add deterministic=True, or indexes=[...] to join by an index."
        yield _error("ascend.E155", field, "join_group= has nothing to join by.", instead)
    if len(field.scheme.join_group) > GROUP_CHARACTERS:
        yield _error(
            "ascend.E153", field, f"the join group's name is longer than {GROUP_CHARACTERS} characters.", "Shorten it."
        )


def check_groups(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[checks.CheckMessage]:
    """Return the join groups whose name is a column's label, or whose columns can have no equal values."""
    fields = [field for model in apps.get_models() for field in encrypted_fields(model)]
    labels = {field.context: field for field in fields}
    groups: dict[str, list[EncryptedField]] = {}
    for field in fields:
        if field.scheme.join_group:
            groups.setdefault(field.scheme.join_group, []).append(field)
    return [message for name, members in groups.items() for message in _group(name, members, labels)]


def _deterministic(field: "EncryptedField") -> Iterator[checks.CheckMessage]:
    if field.scheme.is_row_bound:
        yield _error(
            "ascend.E150",
            field,
            'bind="row" makes every envelope another one: equal values cannot be equal.',
            'Choose: deterministic=True joins, bind="row" with indexes=["exact"] notices a moved value.',
        )
    if field.scheme.shred_with:
        yield _error(
            "ascend.E156",
            field,
            "shred_with= gives each person a key, and values under two keys are never equal.",
            'Choose: deterministic=True, or shred_with= and an index with shred_index="accept-residual".',
        )
    if not field.has_equality:
        yield _error("ascend.E151", field, f"deterministic=True: {field.no_index_because}", "Leave it out.")
    if field.scheme.index_called("exact"):
        yield _error("ascend.E152", field, "the column itself answers what exact does.", 'Drop "exact" from indexes=.')
    if isinstance(field, models.BooleanField):
        yield checks.Warning(
            f"{field.label}: deterministic values of two kinds tell a reader which rows have the same one.",
            hint="Leave deterministic=True out, unless it may be known who has which.",
            obj=field,
            id="ascend.W118",
        )


def _group(
    name: str, members: list["EncryptedField"], labels: dict[str, "EncryptedField"]
) -> Iterator[checks.CheckMessage]:
    if name in labels:
        yield _error(
            "ascend.E153",
            members[-1],
            f'the join group "{name}" has the name of the column {labels[name].label}, and would share its keys.',
            "Give the group another name.",
        )
    kinds: dict[object, EncryptedField] = {}
    for field in members:
        if field.scheme.is_deterministic:
            kinds.setdefault(_kind(field), field)
    if len(kinds) > 1:
        columns = " and ".join(field.label for field in kinds.values())
        instead = "Give both the same type, for decimals with the same digits, or a group of its own to each."
        yield _error(
            "ascend.E154", members[-1], f'{columns}, both in "{name}", seal equal values differently.', instead
        )


def _kind(field: "EncryptedField") -> object:
    """Return what two columns have in common whose equal values have equal octets (FLD section 5)."""
    return type(field).decode, getattr(field, "max_digits", None), getattr(field, "decimal_places", None)


def _error(identity: str, field: "EncryptedField", message: str, hint: str) -> checks.Error:
    return checks.Error(f"{field.label}: {message}", hint=hint, obj=field, id=identity)
