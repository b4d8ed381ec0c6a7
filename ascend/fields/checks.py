"""System checks of encrypted fields (`ascend.E101` and on): what would fail, or protect less, once rows exist.

Each id has a test in `tests/unit/fields/test_checks.py` and a line in `docs/guides/fields.md`.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from django.apps import AppConfig, apps
from django.core import checks
from django.db import models

from ascend.fields import index_checks, join_checks, subject_checks
from ascend.fields.inventory import encrypted_fields
from ascend.fields.querysets import EncryptedQuerySet
from ascend.fields.scheme import Binding

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField

Finding = Iterator[checks.CheckMessage]

USELESS_OPTIONS: Final = ("primary_key", "db_index", "unique_for_date", "unique_for_month", "unique_for_year")
KNOWN_BEFORE_INSERT: Final = (models.UUIDField, models.CharField)


def check_fields(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[checks.CheckMessage]:
    """Return what is wrong with the encrypted fields of the installed apps, each for itself."""
    models_asked = {model for config in app_configs for model in config.get_models()} if app_configs else None
    return [
        message
        for model in apps.get_models()
        if models_asked is None or model in models_asked
        for field in encrypted_fields(model)
        for message in check_field(field)
    ]


def check_labels(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[checks.CheckMessage]:
    """Return the columns that share a context label: a value moved from one to the other would open there."""
    columns: dict[str, list[EncryptedField]] = {}
    for model in apps.get_models():
        for field in encrypted_fields(model):
            columns.setdefault(field.context, []).append(field)
    return [
        checks.Error(
            f'{" and ".join(field.label for field in fields)} share the context label "{label}".',
            hint="Give each column its own context=, and leave the one of the column that has values.",
            obj=fields[-1],
            id="ascend.E116",
        )
        for label, fields in columns.items()
        if len(fields) > 1
    ]


def check_field(field: "EncryptedField") -> list[checks.CheckMessage]:
    """Return what is wrong with one field."""
    return [message for check in FIELD_CHECKS for message in check(field)]


def _options(field: "EncryptedField") -> Finding:
    if field.scheme.bind not in set(Binding):
        yield _error("ascend.E101", field, 'bind= is neither "field" nor "row".', 'Write bind="field" or bind="row".')
    for option in USELESS_OPTIONS:
        if getattr(field, option) and not (option == "db_index" and field.scheme.is_deterministic):
            yield _error(
                "ascend.E102",
                field,
                f"{option}= asks the database about envelopes.",
                'Use indexes=["exact"] or unique=True.',
            )
    if field.has_db_default():
        yield _error("ascend.E103", field, "db_default= would be stored in clear.", "Use default=.")
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        yield _error("ascend.E104", field, "auto_now is not a protected value.", "Use a plain DateField.")


def _rows(field: "EncryptedField") -> Finding:
    key = field.model._meta.pk
    own_row = key.remote_field is None
    if field.scheme.is_row_bound and own_row and not _is_known_before_insert(key):
        yield _error(
            "ascend.E109",
            field,
            'bind="row" needs a primary key that is known before INSERT.',
            "Use UUIDField(primary_key=True, default=uuid.uuid4).",
        )
    may_bind = not (field.scheme.is_row_bound or field.scheme.is_deterministic)
    if may_bind and isinstance(key, models.UUIDField) and key.has_default():
        yield checks.Info(
            f"{field.label}: a copy of this value into another row of the column opens there.",
            hint='The primary key is known before INSERT: bind="row" would refuse it.',
            obj=field,
            id="ascend.I110",
        )


def _is_known_before_insert(key: Any) -> bool:
    return key.has_default() or not isinstance(key, models.AutoField | models.UUIDField)


def _organization(field: "EncryptedField") -> Finding:
    attribute = getattr(field.model, "organization_field", None)
    if attribute is not None and attribute not in {present.attname for present in field.model._meta.concrete_fields}:
        yield _error(
            "ascend.E111",
            field,
            f'organization_field = "{attribute}" is no column of the model.',
            'Name the attribute that holds the UUID, for a foreign key "organization_id".',
        )


def _places(field: "EncryptedField") -> Finding:
    meta = field.model._meta
    for name in _ordering_names(meta.ordering or ()):
        if name == field.name:
            yield _error(
                "ascend.E112", field, "Meta.ordering would sort envelopes.", "Sort in Python, or by another column."
            )
    sets: list[Sequence[str]] = [*meta.unique_together, *(index.fields for index in meta.indexes)]
    sets += [constraint.fields for constraint in meta.constraints if isinstance(constraint, models.UniqueConstraint)]
    if any(field.name in names for names in sets) and not field.scheme.is_deterministic:
        instead = f"Name its index column, {field.name}_exact_a." if field.scheme.index_called("exact") else "Index it."
        yield _error("ascend.E113", field, "a constraint or an index over envelopes compares random bytes.", instead)
    for related in meta.related_objects:
        if field.name in getattr(related.field, "to_fields", ()):
            instead = "Point at the primary key; or give both tables a deterministic column of one join_group."
            yield _error("ascend.E114", field, "a foreign key cannot point at an encrypted column.", instead)


def _manager(field: "EncryptedField") -> Finding:
    manager: Any = field.model._default_manager  # noqa: SLF001 (documented by Django)
    needs_it = field.scheme.is_row_bound or field.scheme.indexes or field.window
    if needs_it and not issubclass(manager._queryset_class, EncryptedQuerySet):  # noqa: SLF001 (ditto)
        yield checks.Warning(
            f"{field.label}: an upsert (bulk_create with update_conflicts) would leave its index columns stale.",
            hint="Add objects = EncryptedManager() to the model, or let its queryset extend EncryptedQuerySet.",
            obj=field,
            id="ascend.W115",
        )


FIELD_CHECKS: Final[tuple[Callable[["EncryptedField"], Finding], ...]] = (
    _options,
    index_checks.check_indexes,
    _rows,
    _organization,
    _places,
    _manager,
    join_checks.check_joins,
    subject_checks.check_field,
)


def _error(identity: str, field: "EncryptedField", message: str, hint: str) -> checks.Error:
    return checks.Error(f"{field.label}: {message}", hint=hint, obj=field, id=identity)


def _ordering_names(ordering: Sequence[Any]) -> Iterator[str]:
    for item in ordering:
        expression = getattr(item, "expression", item)
        yield str(getattr(expression, "name", expression)).lstrip("+-")
