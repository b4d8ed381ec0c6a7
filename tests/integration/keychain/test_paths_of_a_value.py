"""Every way of a value to its key looks at the scope, the lease and the count, value by value (KC-33, KC-36)."""

import os

import pytest
from django.db import connection

from ascend.envelope.budget import UsageBlock
from ascend.envelope.errors import DecryptionFailed
from ascend.keychain import clock, keyring, process
from ascend.keychain.errors import KeyUnavailable
from ascend.providers.contract import Transient
from ascend.scope import NoOrganization, WrongOrganization, organization_scope

pytestmark = pytest.mark.django_db(transaction=True)
LABEL = "app.model.field"
SLOW = Transient("slow", "wait")

# Each takes its reader once, as a query does, and keeps it for all values.
READERS = {
    "opener": lambda keys, header: keys.opener(header).open,
    "open": lambda keys, _: keys.open,
    "converter": lambda keys, _: lambda envelope: keys_converter(keys)(envelope, None, None),
    "kept converter": lambda keys, _: kept(keys.converter(bytes)),
}


def keys_converter(keys):
    return keys.converter(bytes)


def kept(convert):
    return lambda envelope: convert(envelope, None, None)


@pytest.fixture
def keys(organization):
    return keyring.field_keys(LABEL)


@pytest.fixture
def envelope(organization, keys):
    with organization_scope(organization):
        return keys.sealer(organization).seal(b"value")


@pytest.fixture(params=READERS)
def read(request, organization, keys, envelope):
    with organization_scope(organization):
        return READERS[request.param](keys, envelope[:9])


def ending_lease(organization):
    """Return a clock that loses the lease as it is read, and says that there was time left."""

    def now():
        held = process.tenancy(organization)
        if held.lease is not None:
            held.drop()
        return 0.0

    return now


def test_one_value_is_one_use(organization, keys, envelope, read):
    with organization_scope(organization):
        opener = keys.opener(envelope[:9])
        before = opener.uses()
        assert [read(envelope) for _ in range(5)] == [b"value"] * 5
        assert opener.uses() == before + 5


def test_a_lease_that_ends_between_two_values_ends_the_reading(fake_clock, organization, envelope, read, provider):
    provider.fails[str(organization)] = SLOW
    with organization_scope(organization):
        assert read(envelope) == b"value"
        fake_clock.advance(31)
        with pytest.raises(KeyUnavailable):
            read(envelope)
        provider.fails.clear()
        process.tenancy(organization).refuse_until = 0.0
        assert read(envelope) == b"value"


def test_a_scope_that_changes_between_two_values_ends_the_reading(organization, other_organization, envelope, read):
    with organization_scope(organization):
        assert read(envelope) == b"value"
        with organization_scope(other_organization), pytest.raises(DecryptionFailed):
            read(envelope)
        assert read(envelope) == b"value"
    with pytest.raises(NoOrganization):
        read(envelope)


def test_a_key_that_goes_between_the_clock_and_the_cipher_is_taken_anew(organization, keys, envelope, read, provider):
    with organization_scope(organization):
        keys.opener(envelope[:9]).now = ending_lease(organization)
        assert read(envelope) == b"value"
        keys.opener(envelope[:9]).now = ending_lease(organization)
        provider.fails[str(organization)] = SLOW
        with pytest.raises(KeyUnavailable):
            read(envelope)


def test_a_row_bound_value_opens_in_its_row_after_its_key_went(organization, keys):
    with organization_scope(organization):
        envelope = keys.sealer(organization).seal(b"value", b"row")
        for row, outcome in ((b"row", b"value"), (b"wor", None)):
            keys.opener(envelope[:9]).now = ending_lease(organization)
            if outcome is None:
                with pytest.raises(DecryptionFailed):
                    keys.open(envelope, row)
            else:
                assert keys.open(envelope, row) == outcome


def test_changed_octets_fail_and_say_nothing(organization, envelope, read):
    with organization_scope(organization):
        for place in range(9, len(envelope)):
            changed = bytearray(envelope)
            changed[place] ^= 1
            with pytest.raises(DecryptionFailed) as failure:
                read(bytes(changed))
            assert failure.value.__cause__ is None
            assert failure.value.__suppress_context__ or failure.value.__context__ is None
        for length in range(9, len(envelope)):
            with pytest.raises(DecryptionFailed):
                read(envelope[:length])


def test_a_header_that_is_not_the_openers_fails(organization, keys, envelope):
    with organization_scope(organization), pytest.raises(DecryptionFailed):
        keys.opener(envelope[:9]).open(b"\x03" + envelope[1:])


def test_octets_that_are_no_value_of_the_type_fail_and_are_not_told(organization, keys, envelope):
    def decode(plaintext):
        raise ValueError(plaintext)

    with organization_scope(organization):
        convert = keys.converter(decode)
        for _ in range(2):
            with pytest.raises(DecryptionFailed) as failure:
                convert(envelope, None, None)
            assert failure.value.__context__ is None
            # And on the other way, when the scope has to be looked at first.
            keys.opener(envelope[:9]).seen = None


def test_a_database_driver_may_hand_over_buffers_and_nothing(organization, keys, envelope):
    with organization_scope(organization):
        convert = keys.converter(bytes)
        assert convert(memoryview(envelope), None, None) == convert(bytearray(envelope), None, None) == b"value"
        assert convert(None, None, None) is None


def test_the_only_organization_is_compared_again_when_its_setting_changes(
    organization, other_organization, settings, envelope, read
):
    settings.ASCEND_DEFAULT_ORGANIZATION = str(organization)
    assert read(envelope) == read(envelope) == b"value"
    settings.ASCEND_DEFAULT_ORGANIZATION = str(other_organization)
    with pytest.raises(DecryptionFailed):
        read(envelope)
    settings.ASCEND_DEFAULT_ORGANIZATION = None
    with pytest.raises(NoOrganization):
        read(envelope)


def test_the_only_organization_is_looked_up_once_and_not_for_every_value(
    organization, settings, keys, envelope, read, monkeypatch
):
    settings.ASCEND_DEFAULT_ORGANIZATION = str(organization)
    read(envelope)
    keys.sealer(organization).seal(b"value")
    monkeypatch.setattr("ascend.scope.current_organization", lambda: pytest.fail("asked for the setting"))
    assert read(envelope) == b"value"
    keys.sealer(organization).seal(b"value")


def test_nothing_is_asked_as_long_as_the_lease_stands(
    organization, envelope, read, provider, django_assert_num_queries
):
    with organization_scope(organization):
        read(envelope)
        calls = len(provider.calls)
        with django_assert_num_queries(0):
            assert {read(envelope) for _ in range(1000)} == {b"value"}
        assert len(provider.calls) == calls


@pytest.mark.parametrize("verb", ["seal", "seal_with"])
class TestSealing:
    @staticmethod
    def seal(sealer, verb):
        return sealer.seal(b"value") if verb == "seal" else sealer.seal_with(os.urandom(12), b"value")

    def test_a_scope_that_changes_between_two_values_ends_it(self, organization, other_organization, keys, verb):
        with organization_scope(organization):
            sealer = keys.sealer(organization)
            self.seal(sealer, verb)
            with organization_scope(other_organization), pytest.raises(WrongOrganization):
                self.seal(sealer, verb)
        with pytest.raises(NoOrganization):
            self.seal(sealer, verb)

    def test_a_lease_that_ends_between_two_values_ends_it(self, organization, keys, verb, fake_clock, provider):
        with organization_scope(organization):
            sealer = keys.sealer(organization)
            self.seal(sealer, verb)
            provider.fails[str(organization)] = SLOW
            fake_clock.advance(31)
            with pytest.raises(KeyUnavailable):
                self.seal(sealer, verb)

    def test_a_key_that_goes_between_the_clock_and_the_cipher_is_taken_anew(
        self, organization, keys, verb, provider, monkeypatch
    ):
        with organization_scope(organization):
            keys.sealer(organization)
            monkeypatch.setattr(clock, "boot_seconds", ending_lease(organization))
            keys.forget()
            sealer = keys.sealer(organization)
            monkeypatch.undo()
            assert keys.open(self.seal(sealer, verb)) == b"value"
            assert keys.sealer(organization) is not sealer
            provider.fails[str(organization)] = SLOW
            process.lose(organization)
            with pytest.raises(KeyUnavailable):
                self.seal(sealer, verb)

    def test_one_value_is_one_message_of_the_block(self, organization, keys, verb):
        with organization_scope(organization):
            sealer = keys.sealer(organization)
            self.seal(sealer, verb)
            before = sealer._block.used
            for _ in range(5):
                self.seal(sealer, verb)
            assert sealer._block.used == before + 5
            assert sealer.uses() == 6

    def test_a_spent_block_is_left_for_the_next(self, organization, keys, verb):
        with organization_scope(organization):
            sealer = keys.sealer(organization)
            self.seal(sealer, verb)
            sealer._block = spent = UsageBlock(2)
            headers = {self.seal(sealer, verb)[:9] for _ in range(4)}
            assert headers == {sealer.header}
            assert sealer._block is not spent
            assert spent.used == 2

    def test_a_sealer_carried_over_a_fork_neither_uses_the_block_nor_holds_the_key(self, organization, keys, verb):
        with organization_scope(organization):
            sealer = keys.sealer(organization)
            envelope = self.seal(sealer, verb)
            block = sealer._block
            connection.close()
            pid = os.fork()
            if pid == 0:
                code = 1
                try:
                    used, gone = block.used, sealer._encrypt.__name__ == "_gone"
                    works = keys.open(self.seal(sealer, verb)) == keys.open(envelope) == b"value"
                    foreign = keys.sealer(organization)._block.owner.pid == os.getpid()
                    sealer._lease, sealer._encrypt = keys.sealer(organization)._lease, lambda *_: b""
                    self.seal(sealer, verb)  # even with a key, it draws a block of its own
                    code = 0 if gone and works and foreign and block.used in {used, block.size} else 2
                finally:
                    os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_nonce_of_another_length_is_refused(organization, keys):
    with organization_scope(organization), pytest.raises(ValueError, match="12 bytes"):
        keys.sealer(organization).seal_with(bytes(11), b"value")
