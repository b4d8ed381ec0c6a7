"""What is refused, for which types and in which binding, why, and the way out. Everything else works."""

from dataclasses import dataclass

import django

from tests.integration.fields.matrix.models import BINDINGS, KINDS, PIECES, Kind, exists


@dataclass(frozen=True)
class Refusal:
    """A reason: the letter in the table, what the message says, and what the guide says."""

    letter: str
    says: str
    because: str
    instead: str


NO_INDEX = Refusal(
    "i",
    "has no index(:| to stand on)",
    "Float, JSON and Binary have no index: equal values of theirs may have different octets",
    "search another column; a Decimal instead of a Float; compare after opening",
)
ENVELOPES = Refusal(
    "e",
    "envelopes|order|computes|different",
    "the database holds envelopes: it can neither compute, sort nor compare them",
    "compute and sort in Python, after opening; search by an index; `filter(f__isnull=False).count()`",
)
EQUALITY = Refusal(
    "q",
    "No index serves it",
    "an index answers only what it was made for",
    "an index that answers the question ([searching.md](searching.md)), or Python",
)
EXPRESSION = Refusal(
    "x",
    "writing an expression",
    "the database would compute over envelopes, or store the result in clear",
    "compute in Python and write the plain value",
)
FIXTURE = Refusal(
    "d", "dumpdata|loaddata|row-bound", "a fixture is plaintext", "`--exclude`; back up the database and its keys"
)
SEALED = Refusal(
    "s",
    "sealed .* is not a value",
    "without its row a row-bound value does not open: `values()` gives a `Sealed`",
    '`values_opened("f")`, or the instance',
)
EACH_ROW = Refusal(
    "r",
    "row-bound",
    "a row-bound value has one envelope for each row",
    'a loop with `save(update_fields=["f"])`, or `bulk_update`',
)
FOREIGN_ROW = Refusal(
    "u",
    "upsert",
    "a row-bound value is sealed for the row that is proposed, not for the one that exists",
    "`update_or_create`, or `unique_fields=[primary key]`",
)
ADMIN_CASTS = Refusal(
    "a",
    "expression",
    "before Django 6.1 the admin turns a column that is no text into text and searches that",
    "Django 6.1, or `ModelAdmin.get_search_results` with `filter(f=…)`",
)
NO_FORM = Refusal("b", "no form field", "Django has no form field for bytes", "a field of your own form")
NO_SERIALIZER = Refusal(
    "t", "dumpdata", "REST framework would ask for the text of a fixture", "declare the serializer's field"
)

NO_EQUALITY = Refusal(
    "n",
    "deterministic=True: ",
    "equal values of the type may have different octets: it cannot be deterministic",
    "leave `deterministic=` out; a Decimal instead of a Float",
)

REFUSALS = (
    NO_INDEX, ENVELOPES, EQUALITY, EXPRESSION, FIXTURE, SEALED, EACH_ROW, FOREIGN_ROW, ADMIN_CASTS, NO_FORM,
    NO_SERIALIZER, NO_EQUALITY,
)  # fmt: skip

ALWAYS = {
    "`dumpdata`": FIXTURE,
    "`loaddata`": FIXTURE,
    "subquery of the column": ENVELOPES,
    "`F()` in a search": ENVELOPES,
    "`F()` as a new value": EXPRESSION,
    "`order_by`": ENVELOPES,
    "`Max`, `Count` of the column": ENVELOPES,
}
ROW_BOUND = {
    "`bulk_create(update_conflicts)` by another column": FOREIGN_ROW,
    "`update` to a value": EACH_ROW,
    "`values`": SEALED,
    "`values_list`": SEALED,
}
WITHOUT_INDEX = dict.fromkeys(
    (
        "`get_or_create` by the value", "`in_bulk` by the value, where it is unique", "`exact`", "`in`", "`exclude`",
        "`Q`", "through a relation", "subquery of the rows found", "`unique=True`",
        "`UniqueConstraint` with the index column", "`validate_unique`, `full_clean`", "admin: search",
        "join: a query of a column of the group", "join: `F()`, `OuterRef` of a column of the group",
    ),
    NO_INDEX,
)  # fmt: skip
SETS = "`distinct`, GROUP BY"
BY_PIECES, BY_RANGE = "`contains`, `icontains`, `startswith`", "`gt`, `lt`, `range`"
CAST_BEFORE = (6, 1)
GUIDES_DJANGO = (5, 2)
"""The Django whose table the guide shows."""

SEARCHED_AS_TEXT = {"Char", "Text", "Email", "URL", "Slug"}


def refusal(
    title: str, kind: Kind, binding: str, version: tuple[int, int] = django.VERSION[:2], vendor: str = ""
) -> Refusal | None:
    """Return why an operation is refused for a type in a binding, or None if it works, on one Django and database."""
    if not exists(kind, binding):
        return NO_EQUALITY
    return _of_the_binding(title, kind, binding, vendor) or _of_the_type(title, kind, version)


def _of_the_binding(title: str, kind: Kind, binding: str, vendor: str) -> Refusal | None:
    if title in ALWAYS or _is_unanswered(title, kind):
        return ALWAYS.get(title, EQUALITY)
    if title == SETS and binding != "deterministic":
        return ENVELOPES
    if binding == "row" and vendor == "mysql" and title.startswith("`bulk_create(update_conflicts)`"):
        return FOREIGN_ROW  # MariaDB updates the row of whatever key is not unique
    if binding == "row" and title in ROW_BOUND:
        return ROW_BOUND[title]
    return None if kind.searchable(binding) else WITHOUT_INDEX.get(title)


def _of_the_type(title: str, kind: Kind, version: tuple[int, int]) -> Refusal | None:
    if title == "admin: search" and version < CAST_BEFORE and (kind.field_name or kind.name) not in SEARCHED_AS_TEXT:
        return ADMIN_CASTS
    if kind.name == "Binary":
        return {"model forms": NO_FORM, "REST serializers": NO_SERIALIZER}.get(title)
    return None


def _is_unanswered(title: str, kind: Kind) -> bool:
    """Whether the type's index that answers more than equality answers something else."""
    return title in {BY_PIECES, BY_RANGE} and (not kind.coarse or (kind.coarse == PIECES) is not (title == BY_PIECES))


def page(titles: list[str]) -> str:
    """Return docs/guides/fields-matrix.md."""
    tables = [_table(titles, binding) for binding in BINDINGS]
    legend = "\n".join(f"| {r.letter} | {r.because} | {r.instead} |" for r in REFUSALS)
    works = sum(refusal(t, k, b, GUIDES_DJANGO) is None for t in titles for k in KINDS for b in BINDINGS)
    total = len(titles) * len(KINDS) * len(BINDINGS)
    return f"""\
# What works with which encrypted field

Generated from `tests/integration/fields/matrix`, which runs every cell on PostgreSQL and on SQLite. Do not edit: run
`ASCEND_WRITE_MATRIX=1 pytest tests/integration/fields/matrix`.

{len(titles)} operations × {len(KINDS)} types × 3 ways = {total} cells, each on 2 databases.
{works} work (✓). {total - works} are refused, with `OperationRefused` or by a system check, for the reason that the
letter names. Nothing is silent. All types declare the `exact` index but Float, JSON and Binary, which have none;
texts also `ngram-3`, numbers `range-number-100`, dates and date-times `range-date-32`. A deterministic column
needs no `exact`, and a constraint names the column itself. What can be asked for equality joins with a second table.
"choices" are a Char and an Integer with `choices=`.

## `bind="field"`

{tables[0]}

## `bind="row"`

{tables[1]}

## `deterministic=True`

{tables[2]}

## Why, and the way out

| | because | instead |
|---|---|---|
{legend}
"""


def _table(titles: list[str], binding: str) -> str:
    names = [
        kind.name.replace("Positive", "Pos.").replace("GenericIPAddress", "IP").replace(" with", "") for kind in KINDS
    ]
    lines = ["| | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for title in titles:
        reasons = [refusal(title, kind, binding, GUIDES_DJANGO) for kind in KINDS]
        lines.append(f"| {title} | " + " | ".join(reason.letter if reason else "✓" for reason in reasons) + " |")
    return "\n".join(lines)
