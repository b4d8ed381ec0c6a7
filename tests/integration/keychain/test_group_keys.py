"""The keys of suite 02: one for each organization and group, with no budget and no successor (KC-56)."""

import threading

import pytest

from ascend.envelope import DecryptionFailed, DeterministicCipher, Envelope, FieldCipher, Suite
from ascend.envelope.keys import SivKey
from ascend.keychain import keyring, leases, process, seals, snapshot, wrapping
from ascend.keychain.errors import KeyDamaged, KeyUnavailable
from ascend.keychain.models import Algorithm, Key, Purpose
from ascend.keychain.states import Level
from ascend.providers.contract import Transient
from ascend.scope import NoOrganization, WrongOrganization, organization_scope

pytestmark = pytest.mark.django_db(transaction=True)
GROUP = "email-address"
AWAY = Transient("No answer.", "Wait.")


def sealed(organization, value=b"value", group=GROUP):
    with organization_scope(organization):
        return keyring.group_keys(group).sealer(organization).seal(value)


def opened(organization, envelope, group=GROUP):
    with organization_scope(organization):
        return keyring.group_keys(group).opener(envelope[:9]).open(envelope)


def test_equal_values_have_equal_envelopes_and_open_in_a_process_that_begins_empty(organization):
    envelope = sealed(organization)
    keyring.close()
    assert sealed(organization) == envelope
    assert opened(organization, envelope) == b"value"
    assert Envelope.parse(envelope).suite is Suite.AES_256_SIV


def test_each_organization_and_each_group_has_a_key_of_its_own(organization, other_organization):
    envelopes = {
        sealed(whose, group=group) for whose in (organization, other_organization) for group in (GROUP, "telephone")
    }
    assert len({envelope[1:9] for envelope in envelopes}) == 4
    assert len({envelope[9:] for envelope in envelopes}) == 4
    rows = Key.objects.filter(level=Level.DATA_KEY)
    assert {(row.purpose, row.algorithm) for row in rows} == {(Purpose.DETERMINISTIC, Algorithm.AES_256_SIV)}
    assert all(row.primary and row.usage == 0 for row in rows)


def test_its_row_is_512_bits_under_a_service_key_of_256(organization):
    sealed(organization)
    row = Key.objects.get(level=Level.DATA_KEY)
    assert len(bytes(row.wrapped)) == 93
    assert len(bytes(row.parent.wrapped)) == 61
    assert (row.parent.purpose, row.parent.algorithm) == (Purpose.DETERMINISTIC, Algorithm.AES_256_GCM)
    key = process.tenancy(organization).lease.siv_key_of(row)
    assert isinstance(key, SivKey)
    assert bytes(row.check_value) == key.check_value()


def test_a_column_and_a_group_of_the_same_name_do_not_meet(organization):
    with organization_scope(organization):
        randomized = keyring.field_keys(GROUP).sealer(organization).seal(b"value")
    deterministic = sealed(organization)
    assert Key.objects.filter(level=Level.DATA_KEY, context_label=GROUP, primary=True).count() == 2
    with organization_scope(organization):
        for keys, envelope in (
            (keyring.group_keys(GROUP), randomized),
            (keyring.field_keys(GROUP), deterministic),
        ):
            with pytest.raises(DecryptionFailed):
                keys.opener(envelope[:9])


@pytest.mark.parametrize("suite", [0, 1, 3, 255])
def test_another_suite_over_its_id_is_refused_before_a_cipher_runs(organization, suite, monkeypatch):
    envelope = sealed(organization)
    forged = bytes([suite]) + envelope[1:]
    never = lambda *_: pytest.fail("a cipher was made")  # noqa: E731
    monkeypatch.setattr(FieldCipher, "__init__", never)
    monkeypatch.setattr(DeterministicCipher, "__init__", never)
    with organization_scope(organization):
        for keys in (keyring.group_keys(GROUP), keyring.field_keys(GROUP)):
            with pytest.raises(DecryptionFailed, match="^decryption failed$"):
                keys.opener(forged[:9])


@pytest.mark.parametrize("suite", [Suite.AES_256_SIV, Suite.XAES_256_GCM])
def test_suite_02_over_the_id_of_a_key_of_suite_01_is_refused_before_a_cipher_runs(organization, suite, monkeypatch):
    with organization_scope(organization):
        envelope = keyring.field_keys(GROUP).sealer(organization).seal(b"value")
    monkeypatch.setattr(FieldCipher, "__init__", lambda *_: pytest.fail("a cipher was made"))
    monkeypatch.setattr(DeterministicCipher, "__init__", lambda *_: pytest.fail("a cipher was made"))
    with organization_scope(organization):
        for keys in (keyring.group_keys(GROUP), keyring.field_keys(GROUP)):
            with pytest.raises(DecryptionFailed):
                keys.opener(bytes([suite]) + envelope[1:9])


def test_an_envelope_of_another_group_or_organization_is_rubbish(organization, other_organization):
    envelope = sealed(organization)
    sealed(other_organization)
    sealed(organization, group="telephone")
    for whose, group in ((other_organization, GROUP), (organization, "telephone"), (organization, "never-made")):
        with pytest.raises(DecryptionFailed, match="^decryption failed$"):
            opened(whose, envelope, group=group)


def test_kept_objects_do_nothing_in_another_scope(organization, other_organization):
    envelope = sealed(organization)
    with organization_scope(organization):
        sealer, opener = keyring.group_keys(GROUP).sealer(organization), keyring.group_keys(GROUP).opener(envelope[:9])
    with organization_scope(other_organization):
        with pytest.raises(WrongOrganization):
            sealer.seal(b"value")
        with pytest.raises(DecryptionFailed):
            opener.open(envelope)
    with pytest.raises(NoOrganization):
        sealer.seal(b"value")


def test_a_kept_sealer_ends_with_its_lease_and_goes_on_with_the_next(organization, fake_clock, provider):
    with organization_scope(organization):
        kept = keyring.group_keys(GROUP).sealer(organization)
        before = kept.seal(b"value")
        provider.fails[str(organization)] = AWAY
        fake_clock.advance(31)
        with pytest.raises(KeyUnavailable):
            kept.seal(b"value")
        provider.fails.clear()
        process.tenancy(organization).refuse_until = 0.0
        assert kept.seal(b"value") == before


def test_a_kept_sealer_whose_lease_was_taken_away_holds_no_key(organization, provider):
    with organization_scope(organization):
        kept = keyring.group_keys(GROUP).sealer(organization)
        provider.fails[str(organization)] = AWAY
        process.lose(organization)
        with pytest.raises(KeyUnavailable):
            kept.seal(b"value")


def test_without_a_key_no_value_is_sealed_and_none_is_opened(organization, other_organization, provider):
    envelope = sealed(organization)
    keyring.close()
    provider.fails[str(organization)] = AWAY
    with pytest.raises(KeyUnavailable):
        sealed(organization)
    with pytest.raises(KeyUnavailable):
        opened(organization, envelope)
    assert opened(other_organization, sealed(other_organization)) == b"value"


def test_a_row_is_refused(organization):
    with organization_scope(organization), pytest.raises(ValueError, match="row"):
        keyring.group_keys(GROUP).sealer(organization).seal(b"value", b"row one")


def test_two_first_values_at_once_are_under_one_key(organization):
    barrier, found = threading.Barrier(4), []

    def first():
        barrier.wait()
        found.append(sealed(organization))

    threads = [threading.Thread(target=first) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 4
    assert len(set(found)) == 1


def test_a_wrapped_key_of_the_other_length_is_damage_and_not_a_key(organization):
    """Even where the registry key is known: the length is of the algorithm, and both are in the wrap (WRAP-7)."""
    sealed(organization)
    row = Key.objects.get(level=Level.DATA_KEY)
    lease = process.tenancy(organization).lease
    short = Key.objects.get(level=Level.SERVICE_KEY)
    row.wrapped, row.check_value = short.wrapped, short.check_value
    row.seal = seals.seal_of(row)
    snapshot.check(organization, [row])
    with pytest.raises(KeyDamaged):
        lease.siv_key_of(row)


def test_a_key_of_suite_02_is_not_unwrapped_as_one_of_256_bits(organization):
    sealed(organization)
    row = Key.objects.get(level=Level.DATA_KEY)
    with pytest.raises(KeyDamaged):
        process.tenancy(organization).lease.key_of(row)


def test_new_keys_have_the_length_of_their_algorithm():
    lengths = {algorithm: len(wrapping.new_key(algorithm).material) for algorithm in wrapping.SUITES}
    assert lengths.pop(Algorithm.AES_256_SIV) == 64
    assert set(lengths.values()) == {32}


def test_what_it_sealed_and_opened_counts_as_use_of_the_lease(organization):
    envelope = sealed(organization)
    lease = process.tenancy(organization).lease
    before = lease.uses()
    opened(organization, envelope)
    sealed(organization)
    assert lease.uses() == before + 2


def test_it_is_silent_and_is_not_copied(organization):
    import copy
    import pickle

    with organization_scope(organization):
        sealer = keyring.group_keys(GROUP).sealer(organization)
    assert repr(sealer) == f"<GroupSealer of {organization}>"
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            attempt(sealer)


def test_a_lease_that_ended_gives_no_key(organization):
    sealed(organization)
    row = Key.objects.get(level=Level.DATA_KEY)
    lease = process.tenancy(organization).lease
    lease.take_away()
    assert lease.ends_at == leases.OVER
    with pytest.raises(KeyUnavailable):
        lease.siv_key_of(row)
