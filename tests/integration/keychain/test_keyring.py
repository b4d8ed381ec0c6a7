"""Values go in and come out again, for the organization in force and for nobody else."""

import copy
import pickle
import threading
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from ascend.envelope.errors import DecryptionFailed
from ascend.keychain import crowd, keyring, process, provisioning
from ascend.keychain.errors import KeyUnavailable
from ascend.keychain.models import Key
from ascend.keychain.states import Level
from ascend.scope import NoOrganization, WrongOrganization, organization_scope

pytestmark = pytest.mark.django_db(transaction=True)
LABEL = "app.model.field"


def sealed(organization, value=b"value", label=LABEL, row=b""):
    with organization_scope(organization):
        return keyring.field_keys(label).sealer(organization).seal(value, row)


def opened(organization, envelope, label=LABEL, row=b""):
    with organization_scope(organization):
        return keyring.field_keys(label).opener(envelope[:9]).open(envelope, row)


def test_a_value_sealed_is_opened_again(organization):
    assert opened(organization, sealed(organization)) == b"value"


def test_a_value_is_opened_by_a_process_that_begins_empty(organization):
    envelope = sealed(organization)
    keyring.close()
    assert opened(organization, envelope) == b"value"


def test_a_value_under_a_branch_that_another_process_made_since_opens_under_the_lease_in_force(organization):
    envelope = sealed(organization)
    lease = process.tenancy(organization).lease
    # What this process would know, had the branch been made elsewhere: the two levels above it.
    for row in list(lease.snapshot.rows.values()):
        if row.level > Level.TENANT_KEY:
            del lease.snapshot.rows[row.id]
    keyring.field_keys(LABEL).forget()
    assert opened(organization, envelope) == b"value"
    assert process.tenancy(organization).lease is lease


def test_all_four_levels_are_made_on_demand(organization):
    sealed(organization)
    rows = list(Key.objects.for_organization(organization).order_by("level"))
    assert [row.level for row in rows] == [1, 2, 3, 4]
    assert [row.parent_id for row in rows[1:]] == [row.id for row in rows[:3]]
    assert all(row.primary and row.state == "active" for row in rows)
    assert rows[3].usage == 2**16


def test_a_second_field_shares_everything_but_its_data_key(organization):
    sealed(organization)
    sealed(organization, label="app.model.other")
    levels = Key.objects.for_organization(organization).order_by("level").values_list("level", flat=True)
    assert list(levels) == [1, 2, 3, 4, 4]


def test_a_row_bound_value_opens_only_in_its_row(organization):
    envelope = sealed(organization, row=b"row one")
    assert opened(organization, envelope, row=b"row one") == b"value"
    with pytest.raises(DecryptionFailed):
        opened(organization, envelope, row=b"row two")


def test_the_other_organization_gets_the_same_error_as_for_rubbish(organization, other_organization):
    envelope = sealed(organization)
    sealed(other_organization)
    for attempt in (envelope, bytes([1]) + bytes(8) + bytes(30), envelope[:9]):
        with pytest.raises(DecryptionFailed, match="^decryption failed$"):
            opened(other_organization, attempt)


def test_the_other_organization_is_refused_before_and_after_the_opener_exists(organization, other_organization):
    envelope = sealed(organization)
    keyring.close()
    with pytest.raises(DecryptionFailed):
        opened(other_organization, envelope)
    assert opened(organization, envelope) == b"value"
    with pytest.raises(DecryptionFailed):
        opened(other_organization, envelope)
    assert opened(organization, envelope) == b"value"


def test_an_opener_kept_from_one_scope_does_not_open_in_another(organization, other_organization):
    envelope = sealed(organization)
    with organization_scope(organization):
        opener = keyring.field_keys(LABEL).opener(envelope[:9])
    with organization_scope(other_organization), pytest.raises(DecryptionFailed):
        opener.open(envelope)
    with pytest.raises(NoOrganization):
        opener.open(envelope)


def test_a_sealer_kept_from_one_scope_does_not_seal_in_another(organization, other_organization):
    with organization_scope(organization):
        sealer = keyring.field_keys(LABEL).sealer(organization)
    with organization_scope(other_organization), pytest.raises(WrongOrganization):
        sealer.seal(b"value")


def test_another_column_gets_the_same_error(organization):
    envelope = sealed(organization)
    with pytest.raises(DecryptionFailed):
        opened(organization, envelope, label="app.model.other")


def test_another_suite_is_refused_before_a_cipher_runs(organization):
    envelope = sealed(organization)
    for suite in (0, 2, 3, 255):
        with pytest.raises(DecryptionFailed):
            opened(organization, bytes([suite]) + envelope[1:])


def test_a_single_default_organization_needs_no_scope(organization, settings):
    settings.ASCEND_DEFAULT_ORGANIZATION = str(organization)
    keys = keyring.field_keys(LABEL)
    envelope = keys.sealer(organization).seal(b"value")
    assert keys.opener(envelope[:9]).open(envelope) == b"value"


def test_a_rollback_of_the_caller_does_not_lose_the_data_key(organization):
    envelopes = []

    def fail():
        with transaction.atomic():
            envelopes.append(sealed(organization))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    keyring.close()
    assert opened(organization, envelopes[0]) == b"value"


def test_keys_are_made_even_in_a_transaction_that_has_failed(organization):
    with transaction.atomic():
        with pytest.raises(IntegrityError), transaction.atomic():
            raise IntegrityError
        envelope = sealed(organization)
    assert opened(organization, envelope) == b"value"


def test_threads_that_begin_at_once_end_with_one_chain(organization):
    barrier, envelopes, failures = threading.Barrier(8), [], []

    def seal():
        barrier.wait()
        try:
            envelopes.append(sealed(organization))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=seal) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len({envelope[:9] for envelope in envelopes}) == 1
    levels = Key.objects.for_organization(organization).order_by("level").values_list("level", flat=True)
    assert list(levels) == [1, 2, 3, 4]


def test_file_keys_are_found_again_by_id_and_only_for_their_label(organization, other_organization):
    key, key_id = keyring.file_key(organization, "records.spool")
    assert keyring.file_key(organization, "records.spool")[1] == key_id
    assert keyring.file_key_by_id(key_id, organization, "records.spool") == key
    for wrong in (
        (key_id, organization, "other"),
        (key_id, other_organization, "records.spool"),
        (bytes(8), organization, "records.spool"),
    ):
        with pytest.raises(DecryptionFailed):
            keyring.file_key_by_id(*wrong)


def test_a_key_for_files_opens_no_field(organization):
    _, key_id = keyring.file_key(organization, LABEL)
    with pytest.raises(DecryptionFailed):
        opened(organization, bytes([3]) + key_id + bytes(60))


def index(organization, **changes):
    options = {"label_or_group": LABEL, "transform": "exact", "bits": 128, "generation": 0, **changes}
    with organization_scope(organization):
        return keyring.field_keys(LABEL).index_key(organization, **options).digest("value")


def test_an_index_is_the_same_in_every_process(organization):
    before = index(organization)
    keyring.close()
    assert index(organization) == before


def test_no_two_indexes_share_a_key(organization, other_organization):
    digests = [
        index(organization),
        index(other_organization),
        index(organization, transform="last4"),
        index(organization, generation=1),
        index(organization, label_or_group="group"),
        index(organization, bits=64).ljust(16, b"\0"),
    ]
    assert len(set(digests)) == len(digests)


def test_several_hashes_of_a_value_are_those_of_its_terms(organization, other_organization):
    with organization_scope(organization):
        digester = keyring.field_keys(LABEL).index_key(organization, label_or_group=LABEL, transform="ngram-3", bits=8)
        assert digester.digests(["ada", "da ", "ada"]) == tuple(
            sorted({digester.digest("ada"), digester.digest("da ")})
        )
        keyring.close()
        assert digester.digests(["ada"]) == (digester.digest("ada"),)  # under a new lease
    with organization_scope(other_organization), pytest.raises(WrongOrganization):
        digester.digests(["ada"])


def test_a_full_process_lets_the_idlest_data_keys_go(organization, monkeypatch):
    monkeypatch.setattr(crowd, "LIMIT", 10)
    envelopes = {label: sealed(organization, label=label) for label in (f"app.model.f{n}" for n in range(14))}
    for label, envelope in envelopes.items():
        assert opened(organization, envelope, label=label) == b"value"
    assert crowd.size() <= 10
    for label, envelope in envelopes.items():
        assert opened(organization, envelope, label=label) == b"value"


def test_the_path_of_a_value_asks_no_database(organization, django_assert_num_queries):
    envelope = sealed(organization)
    opened(organization, envelope)
    with django_assert_num_queries(0):
        for _ in range(10):
            assert opened(organization, sealed(organization)) == b"value"


@pytest.mark.parametrize("act", [pickle.dumps, copy.copy, copy.deepcopy])
def test_openers_and_sealers_are_neither_pickled_nor_copied(organization, act):
    envelope = sealed(organization)
    with organization_scope(organization):
        keys = keyring.field_keys(LABEL)
        for holder in (keys.opener(envelope[:9]), keys.sealer(organization)):
            with pytest.raises(TypeError):
                act(holder)


def test_no_repr_or_str_shows_key_material(organization):
    envelope = sealed(organization)
    with organization_scope(organization):
        keys = keyring.field_keys(LABEL)
        lease = process.tenancy(organization).lease
        secrets = [lease.key_of(row) for row in lease.snapshot.rows.values() if row.level > Level.MASTER_KEY]
        holders = [
            keys,
            keys.opener(envelope[:9]),
            keys.sealer(organization),
            lease,
            *secrets,
            *lease.snapshot.rows.values(),
        ]
        shown = " ".join(f"{holder!r} {holder!s}" for holder in holders)
    assert len(secrets) == 3
    for secret in secrets:
        assert secret.material.hex() not in shown
        assert repr(secret.material)[2:20] not in shown


def test_an_organization_without_a_scope_is_said(organization):
    envelope = sealed(organization)
    with pytest.raises(NoOrganization):
        keyring.field_keys(f"app.{uuid4()}").opener(envelope[:9])


def test_no_key_file_is_made_for_an_organization_that_had_one(organization, settings):
    """KC-7: a new file would hide that the old one is lost."""
    sealed(organization)
    keyring.close()
    path = settings.ASCEND_LOCAL_KEYS_DIR / f"{organization}.key"
    path.unlink()
    for _ in range(2):
        with pytest.raises(KeyUnavailable):
            keyring.require(organization)
        keyring.close()
    provisioning.provision(organization)
    assert not path.exists()


def test_a_refusal_while_the_first_keys_are_made_names_its_cause(organization, settings, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    settings.ASCEND_LOCAL_KEYS_DIR = blocked
    with pytest.raises(KeyUnavailable) as refusal:
        keyring.require(organization)
    assert refusal.value.fix
