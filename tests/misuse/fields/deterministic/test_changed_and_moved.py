"""Deterministic envelopes cut, changed or moved by someone with the database's password (FLD-40).

What opens afterwards is said: within one group and organization, moving a value is not noticed.
"""

import uuid

import pytest
from django.db import connections

from ascend.envelope import DecryptionFailed, Envelope
from ascend.fields import OperationRefused
from ascend.scope import organization_scope
from ascend.testing import memory_keyring

ADA, BOB = "ada@example.org", "bob@example.org"


@pytest.fixture
def member(joined):
    return joined.Member.objects.create(name="Ada", email=ADA, backup=BOB, phone="1234567", level=7, notes="note")


def read(instance, column):
    return getattr(type(instance).objects.only(column).get(pk=instance.pk), column)


def refused(instance, column):
    with pytest.raises(DecryptionFailed) as error:
        read(instance, column)
    assert str(error.value) == "decryption failed"
    assert error.value.args == ()
    return True


class TestChanged:
    def test_every_byte_flipped(self, member, stored, write):
        envelope = stored(member, "phone")
        for position in range(len(envelope)):
            changed = bytearray(envelope)
            changed[position] ^= 1
            write(member, "phone", bytes(changed))
            assert refused(member, "phone")

    def test_cut_at_every_length_and_lengthened(self, member, stored, write):
        envelope = stored(member, "phone")
        for length in range(len(envelope)):
            write(member, "phone", envelope[:length])
            assert refused(member, "phone")
        write(member, "phone", envelope + b"\0")
        assert refused(member, "phone")

    def test_plaintext_is_never_a_value(self, member, write):
        write(member, "phone", b"1234567")
        assert refused(member, "phone")

    def test_octets_of_another_type_are_never_a_value(self, joined, member, stored, write):
        invitation = joined.Invitation.objects.create(level=7)
        assert stored(invitation, "level") == stored(member, "level")
        write(invitation, "level", stored(member, "phone"))
        assert refused(invitation, "level")


class TestMoved:
    def test_to_another_group(self, member, stored, write):
        for column in ("email", "level"):
            write(member, "phone", stored(member, column))
            assert refused(member, "phone")

    def test_between_two_columns_in_no_group(self, joined, member, stored, write):
        invitation = joined.Invitation.objects.create(phone="1")
        write(invitation, "phone", stored(member, "phone"))
        assert refused(invitation, "phone")

    def test_to_another_organization(self, joined, organization, other_organization, stored, write):
        mine = joined.Seat.objects.create(organization_id=organization, email=ADA)
        with organization_scope(other_organization):
            theirs = joined.Seat.objects.create(organization_id=other_organization, shop=2, email=BOB)
            write(theirs, "email", stored(mine, "email"))
            assert refused(theirs, "email")
            assert not joined.Seat.objects.filter(email=ADA)

    def test_between_suites(self, member, stored, write):
        deterministic, randomized = stored(member, "phone"), stored(member, "notes")
        write(member, "phone", randomized)
        write(member, "notes", deterministic)
        assert refused(member, "phone")
        assert refused(member, "notes")

    def test_the_id_of_a_key_of_another_suite(self, member, stored, write):
        deterministic, randomized = stored(member, "phone"), stored(member, "notes")
        for suite, envelope in ((b"\x02", randomized), (b"\x01", deterministic), (b"\x03", deterministic)):
            for column in ("phone", "notes"):
                write(member, column, suite + envelope[1:])
                assert refused(member, column)
                write(member, column, deterministic if column == "phone" else randomized)

    def test_what_is_not_noticed_within_a_group(self, joined, member, stored, write):
        """Another row's value, or that of another column of the group, opens: the guide says so."""
        invitation = joined.Invitation.objects.create(email="eve@example.org")
        write(invitation, "email", stored(member, "email"))
        assert read(invitation, "email") == ADA
        write(member, "backup", stored(member, "email"))
        assert read(member, "backup") == ADA


class TestKeys:
    def test_under_unknown_keys_nothing_opens_and_nothing_is_found(self, joined, member, stored):
        before = stored(member, "email")
        with memory_keyring():
            assert refused(member, "email")
            assert not joined.Member.objects.filter(email=ADA)
        assert stored(member, "email") == before
        assert joined.Member.objects.get(email=ADA).pk == member.pk

    def test_a_submitted_envelope_is_a_value_like_another(self, joined, member, stored):
        """No decryption oracle, and no way to name a stored envelope in a search."""
        raw = stored(member, "email")
        with pytest.raises(OperationRefused):
            joined.Invitation.objects.filter(email__in=joined.Member.objects.extra(select={"e": "email"}).values("e"))
        assert not joined.Member.objects.filter(email=raw.hex())
        joined.Member.objects.filter(pk=member.pk).update(notes=raw.hex())
        assert read(member, "notes") == raw.hex()

    def test_bytes_of_an_envelope_given_to_a_binary_search_are_sealed_like_any(self, joined, member, stored):
        found = joined.Member.objects.filter(phone=stored(member, "phone"))
        assert not found


class TestTheReader:
    def test_what_the_table_shows_is_equality_within_the_group_and_nothing_across(
        self, joined, database, organization, other_organization
    ):
        """The leak that the guide states, no more: one envelope for a value, of one organization, in a group."""
        for whose in (organization, other_organization):
            with organization_scope(whose):
                joined.Member.objects.create(name="x", email=f"{uuid.uuid4()}@example.org", backup=ADA)
                joined.Invitation.objects.create(email=ADA, phone=ADA[:20])
                joined.Invitation.objects.create(email=ADA, phone=ADA[:20])
        with connections[database].cursor() as cursor:
            cursor.execute("SELECT email FROM joined_invitation UNION ALL SELECT backup FROM joined_member")
            emails = [bytes(row[0]) for row in cursor.fetchall()]
            cursor.execute("SELECT phone FROM joined_invitation")
            phones = [bytes(row[0]) for row in cursor.fetchall()]
        assert sorted(emails.count(envelope) for envelope in set(emails)) == [3, 3]
        assert sorted(phones.count(envelope) for envelope in set(phones)) == [2, 2]
        bodies = {Envelope.parse(envelope).ciphertext for envelope in {*emails, *phones}}
        assert len(bodies) == 4
