"""Joins under the keychain's own keys: made on demand, one for each organization and group, gone when revoked."""

import pytest
from django.db import connections, router

from ascend.envelope import Envelope
from ascend.keychain import keyring as keychain
from ascend.keychain.errors import KeyUnavailable
from ascend.keychain.models import Algorithm, Key, Purpose
from ascend.scope import organization_scope
from tests.integration.fields.joins.conftest import JoinedRouter
from tests.integration.fields.joins.models import Invitation, Member, Seat

TABLES = (Member, Invitation, Seat)
ADA, BOB = "ada@example.org", "bob@example.org"


@pytest.fixture(scope="module")
def alias(joined_app, django_db_setup, django_db_blocker):
    """The database where the keychain's tables are, with ours while the module runs."""
    with django_db_blocker.unblock():
        with connections["default"].schema_editor() as editor:
            for model in TABLES:
                editor.create_model(model)
        yield "default"
        with connections["default"].schema_editor() as editor:
            for model in reversed(TABLES):
                editor.delete_model(model)


@pytest.fixture
def database(alias, db, monkeypatch):
    monkeypatch.setattr(router, "routers", [JoinedRouter(alias)])
    return alias


@pytest.fixture
def keyring():
    """No replacement: the keys come from the keychain."""


@pytest.fixture(autouse=True)
def fresh_process(settings, tmp_path):
    settings.ASCEND_LOCAL_KEYS_DIR = tmp_path / "keys"
    keychain.close()
    yield
    keychain.close()


def matches(joined):
    return joined.Member.objects.filter(email__in=joined.Invitation.objects.values("email")).count()


def test_two_organizations_join_their_own_under_keys_of_their_own(joined, organization, other_organization, stored):
    for whose in (organization, other_organization):
        with organization_scope(whose):
            member = joined.Member.objects.create(name="Ada", email=ADA, ssn="1")
            joined.Invitation.objects.create(email=BOB)
    with organization_scope(organization):
        joined.Invitation.objects.create(email=ADA, ssn="1")
        assert matches(joined) == 1
        assert joined.Member.objects.filter(ssn__in=joined.Invitation.objects.values("ssn")).count() == 1
        assert joined.Member.objects.get(email=ADA).email == ADA
    both = Key.objects.filter(organization_id__in=[organization, other_organization])
    groups = both.filter(purpose=Purpose.DETERMINISTIC, level=4)
    assert {(row.organization_id, row.context_label) for row in groups} == {
        (whose, "email-address") for whose in (organization, other_organization)
    }
    assert {row.algorithm for row in groups} == {Algorithm.AES_256_SIV}
    key = Key.objects.get(short_id=Envelope.parse(stored(member, "email")).key_id)
    assert (key.organization_id, key.usage) == (other_organization, 0)


def test_the_index_of_a_group_has_one_root(joined, organization):
    joined.Member.objects.create(name="Ada", email=ADA, ssn="1", login="a", alone="b")
    joined.Invitation.objects.create(ssn="1", login="a", alone="b")
    roots = Key.objects.for_organization(organization).filter(purpose=Purpose.BLIND_INDEX, level=4)
    assert sorted(roots.values_list("context_label", flat=True)) == [
        "joined.invitation.alone",
        "joined.member.alone",
        "login",
        "ssn",
    ]


def test_another_process_finds_what_this_one_wrote(joined):
    joined.Member.objects.create(name="Ada", email=ADA)
    joined.Invitation.objects.create(email=ADA)
    keychain.close()
    assert joined.Invitation.objects.get(email=ADA).email == ADA
    assert matches(joined) == 1


def test_when_the_key_is_gone_nothing_is_sealed_searched_or_opened(joined, organization, savepoint, settings):
    joined.Member.objects.create(name="Ada", email=ADA)
    keychain.close()
    (settings.ASCEND_LOCAL_KEYS_DIR / f"{organization}.key").unlink()
    for use in (
        joined.Member.objects.get,
        lambda: joined.Member.objects.filter(email=ADA),
        lambda: joined.Member.objects.create(name="Bob", email=BOB),
        lambda: joined.Member.objects.update(email=BOB),
    ):
        with pytest.raises(KeyUnavailable), savepoint():
            use()
