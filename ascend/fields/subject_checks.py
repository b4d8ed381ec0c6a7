"""System checks of fields with `shred_with=` (`ascend.E170` and on): what would leave a person's value readable."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core import checks
from django.db import connections, models

from ascend import conf
from ascend.fields.inventory import encrypted_fields
from ascend.fields.querysets import EncryptedQuerySet
from ascend.fields.subject_tables import has_one_organization
from ascend.fields.subject_values import person_column

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField

Finding = Iterator[checks.CheckMessage]
ACCEPT_RESIDUAL = "accept-residual"
ROUTER = "ascend.keychain.router.KeyDatabaseRouter"
PLACE = ("ENGINE", "NAME", "HOST", "PORT")


def check_field(field: "EncryptedField") -> Finding:
    """Return what is wrong with the shredding of one field."""
    if not field.scheme.shred_with:
        return
    if not field.scheme.is_row_bound:
        yield _error("ascend.E170", field, 'shred_with= needs bind="row".', 'Add bind="row": keys load page by page.')
    if not _names_a_uuid(person_column(field)):
        yield _error(
            "ascend.E171",
            field,
            f'shred_with="{field.scheme.shred_with}" names no column of the model that holds a UUID.',
            'Name the primary key ("id") or the attribute of a foreign key to the person ("customer_id").',
        )
    if _loses_its_person(person_column(field)):
        yield _error(
            "ascend.E179",
            field,
            "when the person's row is deleted nothing would say any more whose value this is.",
            "Use on_delete=CASCADE, PROTECT or RESTRICT.",
        )
    if field.scheme.indexes and field.scheme.shred_index != ACCEPT_RESIDUAL:
        yield _error(
            "ascend.E172",
            field,
            "backups of the data keep the values of its indexes after the key is destroyed.",
            f'Leave indexes= out, or accept that with shred_index="{ACCEPT_RESIDUAL}".',
        )
    if field.replaces:
        yield _error(
            "ascend.E178",
            field,
            "the old column that it replaces is under no key: destroying the person's would not end it.",
            "Move the column first (accept=, replaces=), close the window, then add shred_with= and save the rows.",
        )
    if not has_one_organization(field.model):
        yield _error(
            "ascend.E175",
            field,
            "it is not known whose organization's person a row is of.",
            "Give the model an organization_field, or set ASCEND_DEFAULT_ORGANIZATION.",
        )
    yield from _manager(field)
    yield from _other_fields(field)


def check_key_database(app_configs: Any, **_: Any) -> list[checks.CheckMessage]:
    """Refuse keys of persons that no database of their own holds."""
    from django.apps import apps

    if not any(field.scheme.shred_with for model in apps.get_models() for field in encrypted_fields(model)):
        return []
    name = conf.key_database()
    if name not in connections.settings:
        return [
            checks.Error(
                "Fields with shred_with= need a database for the keys of persons, and ASCEND_KEY_DATABASE names none.",
                hint=f'Add one to DATABASES, name its alias there, and set DATABASE_ROUTERS = ["{ROUTER}"].',
                id="ascend.E173",
            )
        ]
    return [*_own_place(name), *_routed()]


def _own_place(name: str) -> Finding:
    place = [connections.settings[name].get(part) for part in PLACE]
    if any(
        place == [entry.get(part) for part in PLACE] for other, entry in connections.settings.items() if other != name
    ):
        yield checks.Error(
            f'ASCEND_KEY_DATABASE = "{name}" is another alias of a database with data: one backup would hold both.',
            hint="Give the keys a database that is backed up by itself, and for a few days only.",
            id="ascend.E173",
        )


def _routed() -> Finding:
    if ROUTER not in settings.DATABASE_ROUTERS:
        yield checks.Error(
            "No router keeps the keys of persons in the key database, and other tables out of it.",
            hint=f'Set DATABASE_ROUTERS = ["{ROUTER}"], before routers of your own.',
            id="ascend.E174",
        )


def _names_a_uuid(column: "models.Field[Any, Any] | None") -> bool:
    while column is not None and column.remote_field is not None:
        column = column.target_field  # type: ignore[attr-defined]
    return isinstance(column, models.UUIDField)


def _loses_its_person(column: "models.Field[Any, Any] | None") -> bool:
    relation = getattr(column, "remote_field", None)
    return relation is not None and relation.on_delete not in {models.CASCADE, models.PROTECT, models.RESTRICT}


def _manager(field: "EncryptedField") -> Finding:
    manager: Any = field.model._default_manager  # noqa: SLF001 (documented by Django)
    if not issubclass(manager._queryset_class, EncryptedQuerySet):  # noqa: SLF001 (ditto)
        yield _error(
            "ascend.E176",
            field,
            "without EncryptedManager a page of rows loads one key after the other.",
            "Add objects = EncryptedManager() to the model.",
        )


def _other_fields(field: "EncryptedField") -> Finding:
    others = [other.name for other in encrypted_fields(field.model) if not other.scheme.shred_with]
    if others:
        yield checks.Warning(
            f"{field.label}: {', '.join(others)} in the same row stays readable when the person's key is destroyed,"
            " and its index columns are cleared.",
            hint=f'Give them shred_with="{field.scheme.shred_with}" too.',
            obj=field,
            id="ascend.W177",
        )


def _error(identity: str, field: "EncryptedField", message: str, hint: str) -> checks.Error:
    return checks.Error(f"{field.label}: {message}", hint=hint, obj=field, id=identity)
