"""What went wrong in thirteen other packages when it was tried, and which test of ours has the right outcome.

A name without a path is a test of this folder; the others stand beside what they are about. Spec: docs/spec/fields.md.
"""

# ruff: noqa: E501 (a table, one failure a row)
from dataclasses import dataclass

MOVED = "tests/misuse/fields/test_moved_and_changed_values.py"
SERIALIZED = "tests/misuse/fields/test_serialized_values.py"
FIELDS = "tests/integration/fields"
UPDATES, REFUSED = f"{FIELDS}/test_updates.py", f"{FIELDS}/test_refused.py"
SEARCHING, FORMS = f"{FIELDS}/test_searching.py", f"{FIELDS}/test_forms.py"


@dataclass(frozen=True)
class Failure:
    """One failure: what happened, in how many of the thirteen, what happens here, and the tests that show it."""

    what: str
    packages: int
    here: str
    tests: tuple[str, ...]


def _of(what: str, packages: int, here: str, *tests: str) -> Failure:
    return Failure(what, packages, here, tests)


FAILURES = (
    # -- Bytes that were changed or moved
    _of("a tampered envelope is returned as the value", 4, "DecryptionFailed, at every byte and every length",
        f"{MOVED}::test_every_byte_flipped", f"{MOVED}::test_cut_at_every_length_and_lengthened"),
    _of("a value copied into another row opens", 13, "DecryptionFailed with bind='row'; offered by ascend.I110",
        f"{MOVED}::test_to_another_row_of_a_row_bound_column", f"{MOVED}::test_what_field_binding_does_not_see"),
    _of("a value copied into another column opens", 10, "DecryptionFailed",
        f"{MOVED}::test_to_another_column", f"{MOVED}::test_to_another_model",
        f"{MOVED}::test_to_another_organization"),
    _of("plaintext in the column is returned", 3, "DecryptionFailed",
        f"{MOVED}::test_plaintext_in_the_column_is_never_a_value"),
    _of("the ciphertext is returned under a wrong key", 3, "DecryptionFailed",
        f"{MOVED}::test_a_value_of_an_unknown_key_is_refused_and_not_saved_over"),
    _of("save() under a wrong key encrypts the ciphertext once more", 3, "DecryptionFailed, and the column is as it was",
        "test_save_under_a_wrong_key_leaves_the_column_as_it_was"),
    _of("a submitted ciphertext is stored as such and read back opened", 3, "it is text like any other",
        f"{MOVED}::test_a_submitted_envelope_is_stored_as_text_and_opens_nothing"),
    _of("equal values have equal ciphertexts in every column", 1, "they differ, unless the field is deterministic",
        "test_equal_values_have_different_envelopes"),
    _of("what was decrypted is unpickled", 1, "nothing that was stored is unpickled",
        "test_no_stored_value_is_unpickled"),
    _of("only the first 24 bytes of the key count", 1, "each of the 256 bits counts",
        "test_every_bit_of_the_key_counts"),
    _of("after a new key old values are lost", 3, "they open, and new ones have the new key",
        "test_values_under_an_older_key_open"),
    # -- Values
    _of("'', 0 and False become NULL", 1, "they are values",
        f"{MOVED}::test_it_is_read_back_as_it_was", "test_zero_and_false_are_values"),
    _of("a failed form breaks every later read", 1, "it changes nothing",
        f"{FORMS}::test_a_failed_validation_leaves_reading_as_it_was"),
    _of("full_clean() of plaintext raises a decryption error", 1, "it validates",
        "test_full_clean_takes_plain_values", f"{FORMS}::test_full_clean_refuses_a_second_row_with_the_value"),
    # -- Writing many rows
    _of("bulk_update() stores the text of an SQL expression; the data is lost", 4, "each row has its value and index",
        f"{UPDATES}::test_every_row_gets_its_own_value_and_index",
        f"{UPDATES}::test_row_bound_values_are_sealed_for_their_own_rows"),
    _of("bulk_update() is an SQL error", 1, "it works", f"{UPDATES}::test_every_row_gets_its_own_value_and_index"),
    _of("update(f=Value()) or Concat() stores plaintext", 5, "OperationRefused",
        f"{REFUSED}::test_an_expression_is_never_written"),
    _of("update(f=Value()) stores the text of an SQL expression", 4, "OperationRefused",
        f"{REFUSED}::test_an_expression_is_never_written"),
    _of("update(f=F('other')) copies bytes between columns", 4, "OperationRefused",
        f"{REFUSED}::test_an_expression_is_never_written", f"{REFUSED}::test_another_column_is_not_filled_with_envelopes"),
    _of("update(f=F('other')) stores the text of a column reference", 4, "OperationRefused",
        f"{REFUSED}::test_an_expression_is_never_written"),
    _of("an expression on an instance is stored", 5, "OperationRefused",
        f"{REFUSED}::test_an_expression_on_an_instance_is_refused_at_save",
        f"{UPDATES}::test_an_expression_on_an_instance_is_refused"),
    # -- Indexes
    _of("bulk_create() leaves the index empty", 1, "it is filled", "test_bulk_create_fills_the_index"),
    _of("update() leaves a stale index", 4, "the same statement sets it",
        f"{UPDATES}::test_a_plain_value_sets_the_envelope_and_the_index"),
    _of("bulk_update() leaves a stale index", 3, "the same statement sets it",
        f"{UPDATES}::test_every_row_gets_its_own_value_and_index"),
    _of("save(update_fields) leaves a stale index", 4, "the same statement sets it",
        f"{UPDATES}::test_update_fields_that_names_the_field_carries_its_index_columns",
        f"{UPDATES}::test_a_row_bound_field_too"),
    _of("the index column has no database index, or is searched with LIKE", 3, "the look-up uses the index",
        f"{SEARCHING}::test_a_search_by_index_uses_the_index"),
    _of("the hash has no key, or the same one everywhere", 3, "each organization, column and transform has its own",
        "test_the_hashes_need_the_key", f"{SEARCHING}::test_each_organization_has_hashes_of_its_own"),
    _of("an encrypted value costs a query of its own", 1, "none: one INSERT for many rows",
        "test_many_rows_are_one_statement"),
    # -- Uniqueness
    _of("unique=True is accepted and compares random bytes", 3, "it stands on the index, or a system check refuses it",
        f"{UPDATES}::test_a_second_row_with_the_value_is_refused_by_the_database",
        "test_unique_without_an_index_is_refused_by_a_check"),
    _of("unique=True is dropped and duplicates are accepted", 2, "IntegrityError",
        f"{UPDATES}::test_a_second_row_with_the_value_is_refused_by_the_database"),
    _of("bulk_create() passes by unique=True", 1, "IntegrityError", "test_bulk_create_does_not_pass_by_unique"),
    # -- Searching
    _of("exact and in find nothing, silently", 3, "OperationRefused without an index",
        "test_a_search_without_an_index_is_refused[exact]", "test_a_search_without_an_index_is_refused[in]"),
    _of("gt finds wrong rows, silently", 3, "OperationRefused", "test_a_search_without_an_index_is_refused[gt]"),
    _of("icontains finds nothing, silently", 3, "OperationRefused",
        "test_a_search_without_an_index_is_refused[icontains]"),
    _of("date__year finds nothing, silently", 4, "OperationRefused without the year index",
        "test_a_search_without_an_index_is_refused[year]"),
    _of("filter(f=None) is an error", 3, "it finds the rows that have none", "test_null_is_found_with_and_without_an_index"),
    _of("exclude(f=v) returns every row", 2, "every other row, those with NULL as Django returns them",
        f"{SEARCHING}::test_exclude_get_exists_count_and_in_bulk"),
    _of("get_or_create(f=v) always creates", 2, "it finds the row that is there",
        f"{SEARCHING}::test_get_or_create_and_update_or_create_find_the_row_that_is_there"),
    _of("order_by(f) sorts ciphertexts, silently", 11, "OperationRefused",
        f"{REFUSED}::test_a_query_over_envelopes_is_refused_with_the_way_out"),
    # -- What leaves the model
    _of("values() gives a ciphertext", 2, "the value, or for a row-bound field what cannot be used as one",
        f"{FIELDS}/test_writing_and_reading.py::test_values_opens", f"{FIELDS}/test_row_bound.py::test_it_is_not_used_as_a_value"),
    _of("raw() gives a ciphertext", 1, "the value", "test_raw_queries_open", f"{FIELDS}/test_row_bound.py::test_a_raw_query_opens"),
    _of("dumpdata writes plaintext", 11, "OperationRefused", f"{SERIALIZED}::test_a_date_is_no_exception",
        f"{REFUSED}::test_a_fixture_is_not_written"),
    _of("loaddata fails, or leaves no index", 3, "OperationRefused", f"{REFUSED}::test_a_fixture_is_not_loaded"),
    # -- Secrets where nobody looks
    _of("a migration holds a key, or a part of one", 2, "it holds the label",
        "tests/thirdparty/test_third_party.py::test_its_migration_holds_labels_and_no_value_or_key"),
    _of("a key given to a field is dropped from the migration, which then uses another", 2, "a field has no key to give",
        "test_a_field_takes_no_key", "tests/thirdparty/test_third_party.py::test_its_migration_holds_labels_and_no_value_or_key"),
    _of("an error's message holds the value", 2, "none does, nor its arguments and context",
        f"{FORMS}::test_an_error_does_not_hold_the_value",
        f"{FORMS}::test_a_value_without_an_encoding_is_refused_without_being_repeated",
        "test_no_error_holds_the_value"),
    _of("the key is in the SQL of every query", 1, "neither key nor value is",
        "test_sql_holds_neither_key_nor_value", f"{SEARCHING}::test_the_value_is_in_no_repr_sql_or_pickle_of_a_query"),
)  # fmt: skip
