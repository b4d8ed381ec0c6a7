"""The ways between a key's states hold in the model and in the database alike (KC-10 to KC-15)."""

import itertools

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from ascend import authority
from ascend.envelope.errors import DecryptionFailed
from ascend.keychain import keyring, provisioning, revocation, seals, selectors, transitions
from ascend.keychain.errors import IllegalTransition, KeyInUse, KeyUnavailable, UnknownOrganization
from ascend.keychain.models import Key, Revocation
from ascend.keychain.states import ALLOWED, Level, State
from tests.integration.keychain.test_keyring import LABEL, opened, sealed

pytestmark = pytest.mark.django_db(transaction=True)
PAIRS = [(old, new) for old, new in itertools.product(State, State) if old != new]


def in_state(organization, state):
    """Return a new L4 that was led to `state` by allowed ways."""
    ways = {
        State.ACTIVE: [],
        State.SUSPENDED: [State.SUSPENDED],
        State.DEACTIVATED: [State.DEACTIVATED],
        State.COMPROMISED: [State.COMPROMISED],
        State.DESTROYED: [State.DEACTIVATED, State.DESTROYED],
    }
    sealed(organization)
    row = Key.objects.get(organization_id=organization, level=4)
    if state == State.PRE_ACTIVE:
        parent = row.parent
        draft = provisioning.draft(
            organization, Level.DATA_KEY, parent=parent, now=timezone.now(), purpose=row.purpose,
            algorithm=row.algorithm, short_id=b"preactiv", wrapped=b"x", check_value=b"x" * 16, state=State.PRE_ACTIVE,
            context_label="draft",
        )  # fmt: skip
        with transaction.atomic():
            provisioning.insert(draft)
        return draft
    for to in ways[state]:
        row = transitions.change_state(key_id=row.id, to=to)
    return row


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_every_pair_of_states_is_allowed_or_refused_by_model_and_trigger_alike(organization, old, new):
    row = in_state(organization, old)
    dates = ", wrapped = NULL, destroyed_at = now()" if new == State.DESTROYED else ""
    if old == State.DESTROYED:
        dates = ", wrapped = 'x', destroyed_at = NULL"
    query = (
        f'UPDATE ascend_key SET state = %s, state_version = state_version + 1, "primary" = false{dates} WHERE id = %s'
    )

    def by_sql():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(query, [new, row.id])
            transaction.set_rollback(True)

    if new in ALLOWED[old]:
        by_sql()
        assert transitions.change_state(key_id=row.id, to=new).state == new
    else:
        with pytest.raises(DatabaseError, match="may not change to this state"):
            by_sql()
        with pytest.raises(IllegalTransition, match=str(old)):
            transitions.change_state(key_id=row.id, to=new)


def test_the_migration_says_what_the_model_says():
    from importlib import import_module

    migration = import_module("ascend.migrations.0002_key_guards")
    assert {old: frozenset(new) for old, new in migration.TRANSITIONS.items()} == {
        old.value: frozenset(str(to) for to in new) for old, new in ALLOWED.items() if new
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("usage = usage - 1", "usage never decreases"),
        ("usage = 4294967297", "ascend_key_usage"),
        ("state_version = 0", "older version"),
        ("state = 'suspended'", "new version"),
        ("short_id = 'another1'", "never changes"),
        ("short_id = NULL", "never changes"),
        ("organization_id = gen_random_uuid()", "never changes"),
        ("level = 3", "never changes"),
        ("context_label = 'moved'", "never changes"),
        ("algorithm = 'xaes-256-gcm'", "never changes"),
        ("wrapped = NULL", "ascend_key_wrapped_until_destroyed"),
        ("activated_at = NULL", "ascend_key_activated_at"),
        ("lease_seconds = 30", "ascend_key_lease_seconds"),
        ("parent_id = NULL", "ascend_key_root"),
    ],
)
def test_the_database_refuses_what_no_service_would_do(organization, change, message):
    sealed(organization)
    with pytest.raises(DatabaseError, match=message), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE ascend_key SET {change} WHERE organization_id = %s AND level = 4", [organization])


def test_a_row_is_never_deleted(organization):
    sealed(organization)
    with pytest.raises(DatabaseError, match="never deleted"), transaction.atomic():
        Key.objects.filter(level=4).delete()


def test_a_key_begins_as_pre_active_or_active(organization):
    sealed(organization)
    row = Key.objects.get(organization_id=organization, level=4)
    row.pk, row.short_id, row.primary, row.state = None, b"12345678", False, State.SUSPENDED
    with pytest.raises(DatabaseError, match="begins as"), transaction.atomic():
        row.save(force_insert=True)


def test_there_is_one_primary_under_a_parent(organization):
    sealed(organization)
    parent = Key.objects.get(organization_id=organization, level=3)
    row = Key.objects.get(organization_id=organization, level=4)
    row._state.adding = True
    row.pk = parent.pk.__class__(int=parent.pk.int ^ 1)
    row.short_id = b"12345678"
    with pytest.raises(IntegrityError, match="ascend_key_one_primary"), transaction.atomic():
        row.save(force_insert=True)


def test_there_is_one_primary_master_key_of_an_organization(organization):
    provisioning.provision(organization)
    row = Key.objects.get(organization_id=organization, level=1)
    row.pk, row._state.adding = row.pk.__class__(int=row.pk.int ^ 1), True
    with pytest.raises(IntegrityError, match="ascend_key_one_primary_root"), transaction.atomic():
        row.save(force_insert=True)


def test_a_deactivated_data_key_reads_and_new_values_go_to_another(organization):
    envelope = sealed(organization)
    row = Key.objects.get(organization_id=organization, level=4)
    transitions.change_state(key_id=row.id, to=State.DEACTIVATED)
    keyring.close()
    assert opened(organization, envelope) == b"value"
    assert sealed(organization)[:9] != envelope[:9]
    row.refresh_from_db()
    assert row.deactivated_at is not None
    assert not row.primary


def test_an_opener_says_whether_its_key_is_the_primary_one(organization):
    from ascend.scope import organization_scope

    old = sealed(organization)
    row = Key.objects.get(organization_id=organization, level=4)
    transitions.change_state(key_id=row.id, to=State.DEACTIVATED)
    keyring.close()
    new = sealed(organization)
    with organization_scope(organization):
        keys = keyring.field_keys(LABEL)
        assert not keys.opener(old[:9]).is_primary
        assert keys.opener(new[:9]).is_primary


@pytest.mark.parametrize("level", [2, 3, 4])
@pytest.mark.parametrize("state", [State.SUSPENDED])
def test_a_suspended_ancestor_stops_everything_under_it(organization, level, state):
    envelope = sealed(organization)
    row = Key.objects.get(organization_id=organization, level=level)
    transitions.change_state(key_id=row.id, to=state)
    keyring.close()
    for use in (lambda: opened(organization, envelope), lambda: sealed(organization)):
        with pytest.raises(KeyUnavailable) as refusal:
            use()
        assert refusal.value.code == "key-retired"
    transitions.change_state(key_id=row.id, to=State.ACTIVE)
    keyring.close()
    assert opened(organization, envelope) == b"value"


def test_a_compromised_service_key_compromises_what_is_under_it(organization):
    envelope = sealed(organization)
    row = Key.objects.get(organization_id=organization, level=3)
    transitions.change_state(key_id=row.id, to=State.COMPROMISED)
    keyring.close()
    assert opened(organization, envelope) == b"value"
    view = selectors.keychain(organization)
    assert [key.effective_state for key in view.keys] == [
        State.ACTIVE,
        State.ACTIVE,
        State.COMPROMISED,
        State.COMPROMISED,
    ]
    fresh = sealed(organization)
    assert fresh[:9] != envelope[:9]
    assert opened(organization, fresh) == b"value"


def test_a_destroyed_key_keeps_its_row_and_loses_its_wrap(organization):
    envelope = sealed(organization)
    row = in_state(organization, State.DESTROYED)
    row.refresh_from_db()
    assert row.wrapped is None
    assert row.destroyed_at is not None
    keyring.close()
    with pytest.raises((DecryptionFailed, KeyUnavailable)):
        opened(organization, envelope)


def test_a_key_with_others_under_it_is_not_destroyed(organization):
    sealed(organization)
    row = Key.objects.get(organization_id=organization, level=3)
    transitions.change_state(key_id=row.id, to=State.DEACTIVATED)
    with pytest.raises(KeyInUse):
        transitions.change_state(key_id=row.id, to=State.DESTROYED)


def refuse(operation, *, organization_id, key_id):
    raise authority.NotAuthorized(f"{operation} needs a second person")


def test_the_projects_authority_is_asked_before_a_key_is_destroyed(organization, settings):
    row = in_state(organization, State.DEACTIVATED)
    settings.ASCEND_AUTHORITY = f"{__name__}.refuse"
    with pytest.raises(authority.NotAuthorized, match="second person"):
        transitions.change_state(key_id=row.id, to=State.DESTROYED)
    row.refresh_from_db()
    assert row.wrapped is not None


def test_every_change_is_sealed_dated_and_a_new_version(organization):
    row = in_state(organization, State.SUSPENDED)
    row.refresh_from_db()
    assert row.state_version == 2
    assert seals.is_intact(row)


def test_a_change_makes_every_process_look_again(organization):
    sealed(organization)
    before = Revocation.objects.get(organization_id=organization).epoch
    transitions.set_lease_seconds(organization_id=organization, seconds=60)
    assert Revocation.objects.get(organization_id=organization).epoch == before + 1


def test_no_new_key_is_put_under_one_that_is_not_active(organization):
    sealed(organization)
    row = Key.objects.get(organization_id=organization, level=3)
    keyring.require(organization)
    Key.objects.filter(id=row.id).update(state="suspended", state_version=2)
    with pytest.raises(KeyUnavailable):
        sealed(organization, label="app.model.new")
    assert Key.objects.filter(context_label="app.model.new").count() == 0


def test_what_a_person_suspends_only_a_person_resumes(organization):
    envelope = sealed(organization)
    epoch = revocation.suspend(organization_id=organization, reason="Kamila suspended.", fix="Ask her.")
    assert not revocation.restore(organization, epoch=epoch, now=timezone.now())
    keyring.close()
    with pytest.raises(KeyUnavailable, match="Kamila suspended. Ask her."):
        opened(organization, envelope)
    revocation.resume(organization_id=organization)
    keyring.close()
    assert opened(organization, envelope) == b"value"


def test_an_organization_without_a_keychain_cannot_be_suspended(organization):
    with pytest.raises(UnknownOrganization):
        revocation.suspend(organization_id=organization, reason="x")


def test_a_page_sees_the_keychain_without_its_secrets(organization):
    sealed(organization)
    view = selectors.keychain(organization)
    shown = repr(view)
    for row in Key.objects.for_organization(organization).exclude(level=1):
        for secret in (row.wrapped, row.check_value, row.seal):
            assert bytes(secret).hex() not in shown
            assert repr(bytes(secret))[2:12] not in shown
    assert view.exists
    assert view.is_intact
    assert [key.level for key in view.keys] == [1, 2, 3, 4]
    assert view.keys[3].usage == 2**16
    assert view.lease_seconds == 30


def test_a_page_of_an_organization_without_keys_says_so(organization):
    view = selectors.keychain(organization)
    assert not view.exists
    assert view.keys == ()


def test_a_page_shows_a_suspended_organizations_keys_as_suspended(organization):
    sealed(organization)
    revocation.suspend(organization_id=organization, reason="x")
    view = selectors.keychain(organization)
    assert view.suspended_by_person
    assert {key.effective_state for key in view.keys} == {State.SUSPENDED}


def test_a_page_takes_four_queries(organization, django_assert_max_num_queries):
    sealed(organization)
    with django_assert_max_num_queries(4):
        selectors.keychain(organization)
