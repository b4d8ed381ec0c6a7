"""A registration is a row that people of one organization work on; nothing of it is done twice or by the wrong one."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.roles import Role
from audit.models import InboxEvent
from byok.models import Acknowledgement, Registration, State
from byok.models.registrations import Access
from byok.selectors import waivers
from byok.services import registering, waiving
from byok.services.registering import Details
from byok.waivers import STATEMENTS, waiver
from tests.factories import accounts as make
from tests.factories import byok as held

pytestmark = pytest.mark.django_db

KEY = "arn:aws:kms:eu-central-1:123456789012:key/8f2c0a4e-77b1-4c0e-9a61-2f6d0c1e0b7a"
OTHER_KEY = KEY[:-1] + "b"


@pytest.fixture
def northwind():
    return make.organization()


@pytest.fixture
def kestrel():
    return make.organization("Kestrel Bank")


@pytest.fixture
def kamila(northwind):
    return make.member(northwind, "Kamila", Role.KEY_ADMIN)


@pytest.fixture
def draft(northwind, kamila):
    return registering.start(organization_id=northwind.pk, person_id=kamila.pk, now=timezone.now())


def describe(draft, kamila, **details):
    return registering.describe(
        registration_id=draft.pk,
        organization_id=draft.organization_id,
        person_id=kamila.pk,
        details=Details(**{"key_arn": KEY, "alias": "northwind", **details}),
        now=timezone.now(),
    )


def events(organization):
    return list(
        InboxEvent.objects.for_organization(organization.pk)
        .order_by("recorded_at", "id")
        .values_list("event", flat=True)
    )


class TestDraft:
    def test_every_step_is_in_the_log(self, northwind, draft, kamila):
        describe(draft, kamila)
        registering.confirm_grant(
            registration_id=draft.pk, organization_id=northwind.pk, person_id=kamila.pk, now=timezone.now()
        )
        registering.cancel(
            registration_id=draft.pk, organization_id=northwind.pk, person_id=kamila.pk, now=timezone.now()
        )
        assert [name for name in events(northwind) if name.startswith("byok:")] == [
            "byok:registration:start",
            "byok:registration:describe",
            "byok:registration:grant",
            "byok:registration:cancel",
        ]

    def test_access_cannot_be_confirmed_before_the_key_is_named(self, northwind, draft, kamila):
        with pytest.raises(registering.WrongStep):
            registering.confirm_grant(
                registration_id=draft.pk, organization_id=northwind.pk, person_id=kamila.pk, now=timezone.now()
            )

    def test_another_key_sets_the_later_steps_back_and_gets_another_nonce(self, draft, kamila):
        described = describe(draft, kamila)
        Registration.objects.filter(pk=draft.pk).update(
            granted_at=timezone.now(), verified_at=timezone.now(), proved_at=timezone.now()
        )
        changed = describe(draft, kamila, key_arn=OTHER_KEY)
        assert (changed.granted_at, changed.verified_at, changed.proved_at) == (None, None, None)
        assert bytes(changed.nonce) != bytes(described.nonce)

    def test_another_name_for_the_same_key_keeps_them(self, draft, kamila):
        describe(draft, kamila)
        Registration.objects.filter(pk=draft.pk).update(verified_at=timezone.now())
        assert describe(draft, kamila, alias="renamed").verified_at is not None

    def test_a_key_that_another_organization_uses_is_refused(self, draft, kamila, kestrel):
        of_another = make_held(kestrel)
        with pytest.raises(registering.KeyTaken):
            describe(draft, kamila, key_arn=of_another.key_arn)
        draft.refresh_from_db()
        assert draft.key_arn == ""

    def test_a_draft_of_another_organization_holds_no_key(self, draft, kamila, kestrel):
        charlie = make.member(kestrel, "Charlie", Role.KEY_ADMIN)
        theirs = registering.start(organization_id=kestrel.pk, person_id=charlie.pk, now=timezone.now())
        describe(theirs, charlie)
        assert describe(draft, kamila).key_arn == KEY

    def test_the_other_organizations_person_finds_no_draft(self, draft, kestrel):
        charlie = make.member(kestrel, "Charlie", Role.KEY_ADMIN)
        with pytest.raises(Registration.DoesNotExist):
            registering.cancel(
                registration_id=draft.pk, organization_id=kestrel.pk, person_id=charlie.pk, now=timezone.now()
            )

    def test_it_expires_after_seven_days_and_then_nothing_is_done_to_it(self, northwind, draft, kamila):
        assert registering.expire_overdue(now=draft.started_at + timedelta(days=6)) == 0
        assert registering.expire_overdue(now=draft.started_at + timedelta(days=7)) == 1
        draft.refresh_from_db()
        assert draft.state == State.EXPIRED
        with pytest.raises(registering.WrongStep):
            describe(draft, kamila)


def make_held(organization, key_arn=KEY, **columns):
    """Return an active registration, as activation leaves it."""
    wanted = {"state": State.ACTIVE, "key_arn": key_arn, "alias": "held", **columns}
    return held.registration(organization, **wanted)


class TestDatabase:
    """What no service may forget stands in the database."""

    def test_no_key_serves_two_organizations(self, northwind, kestrel):
        make_held(northwind)
        with pytest.raises(IntegrityError, match="byok_registration_one_owner"):
            make_held(kestrel)

    def test_an_organization_has_one_active_key(self, northwind):
        make_held(northwind)
        with pytest.raises(IntegrityError, match="byok_registration_one_active"):
            make_held(northwind, OTHER_KEY)

    @pytest.mark.parametrize("step", ["granted_at", "verified_at", "proved_at"])
    def test_no_key_is_in_use_before_every_step_is_done(self, northwind, step):
        with pytest.raises(IntegrityError, match="byok_registration_steps_first"):
            make_held(northwind, **{step: None})

    def test_a_role_that_is_assumed_has_a_name(self, northwind):
        with pytest.raises(IntegrityError, match="byok_registration_role_named"):
            make_held(northwind, access=Access.ROLE)


class TestWaiver:
    def acknowledge(self, organization, person, **changes):
        said = {"sha256": waiver().sha256, "statements": STATEMENTS, "typed_name": "Olivia Officer", **changes}
        return waiving.acknowledge(organization_id=organization.pk, person_id=person.pk, now=timezone.now(), **said)

    def test_it_is_signed_with_the_version_and_the_digest_of_the_text(self, northwind, kamila):
        signed = self.acknowledge(northwind, kamila)
        assert (signed.version, signed.sha256) == ("1.0", waiver().sha256)
        assert waivers.current_acknowledgement(northwind.pk) == signed
        assert "byok:waiver:acknowledge" in events(northwind)

    @pytest.mark.parametrize("left_out", STATEMENTS)
    def test_each_statement_is_needed(self, northwind, kamila, left_out):
        with pytest.raises(waiving.Incomplete) as refused:
            self.acknowledge(northwind, kamila, statements=[name for name in STATEMENTS if name != left_out])
        assert refused.value.missing == (left_out,)
        assert not Acknowledgement.objects.exists()

    def test_a_text_that_is_not_the_current_one_is_refused(self, northwind, kamila):
        with pytest.raises(waiving.Outdated):
            self.acknowledge(northwind, kamila, sha256="0" * 64)
        assert not Acknowledgement.objects.exists()

    def test_a_signature_under_an_older_text_does_not_count(self, northwind, kamila):
        Acknowledgement.objects.create(
            organization=northwind, person=kamila, version="0.9", sha256="0" * 64, typed_name="Kamila",
            acknowledged_at=timezone.now(), **dict.fromkeys(STATEMENTS, True),
        )  # fmt: skip
        assert waivers.current_acknowledgement(northwind.pk) is None
        assert waivers.newest_acknowledgement(northwind.pk) is not None

    def test_a_signature_of_another_organization_does_not_count(self, northwind, kestrel):
        self.acknowledge(kestrel, make.member(kestrel, "Charlie", Role.OFFICER))
        assert waivers.current_acknowledgement(northwind.pk) is None

    @pytest.mark.parametrize(
        "statement", ["UPDATE byok_acknowledgement SET typed_name = 'x'", "DELETE FROM byok_acknowledgement"]
    )
    def test_a_signature_is_never_changed_or_removed(self, northwind, kamila, statement):
        self.acknowledge(northwind, kamila)
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

    def test_the_text_of_a_released_version_stays_as_it_was_signed(self):
        assert waiver("1.0").sha256 == "5e85bdf926dca71851b03722d5833556c7e2328ab923a4083b402c322e95d9b1"
