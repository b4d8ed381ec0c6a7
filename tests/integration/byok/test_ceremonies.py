"""A customer's key comes in by two people: one brings it, another confirms it, and nothing is taken twice."""

import base64
import os
import subprocess
from datetime import timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.roles import Role
from ascend.keychain import keyring, provisioning
from ascend.providers import openssl
from ascend.providers.contract import Transient
from ascend.providers.importing import ImportRefused
from ascend.scope import organization_scope
from audit.models import InboxEvent
from byok.models import Ceremony, Stage
from byok.services import ceremonies, material_expiry
from byok.services.ceremonies import Delivery
from tests.contract.store_files import write
from tests.contract.test_importing import wrap_by_hand
from tests.factories import accounts as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def northwind():
    return make.organization()


@pytest.fixture
def alice(northwind):
    return make.member(northwind, "Alice", Role.KEY_ADMIN)


@pytest.fixture
def bob(northwind):
    return make.member(northwind, "Bob", Role.APPROVER)


@pytest.fixture
def uri(settings, tmp_path, openbao):
    """Return the address of imported keys, in an engine that may import."""
    write(tmp_path, "bao", kind="transit", address=openbao.url, ca=str(openbao.ca), token=openbao.token)
    settings.ASCEND_STORES_DIR = tmp_path
    settings.ASCEND_OUTBOUND_ALLOW = ("127.0.0.0/8", "::1")
    settings.ASCEND_BROADCAST = ""
    return "transit:bao/{organization}-{ceremony}"


@pytest.fixture
def ceremony(northwind, alice, uri):
    return ceremonies.begin(
        organization_id=northwind.pk, person_id=alice.pk, provider_uri=uri, wrapping=None, now=timezone.now()
    )


def wrapped_for(ceremony, key=None):
    public_key = load_pem_public_key(ceremony.parameters.pem.encode())
    return wrap_by_hand(public_key, key or os.urandom(32), ceremony.parameters.wrapping)


def bring(ceremony, person, wrapped, *, now=None, **more):
    return ceremonies.take(
        ceremony_id=ceremony.pk, organization_id=ceremony.organization_id, person_id=person.pk,
        delivery=Delivery(wrapped, **more), now=now or timezone.now(),
    )  # fmt: skip


def confirm(ceremony, person, told):
    return ceremonies.confirm(
        ceremony_id=ceremony.pk, organization_id=ceremony.organization_id, person_id=person.pk, told=told,
        now=timezone.now(),
    )  # fmt: skip


def events(organization):
    found = InboxEvent.objects.for_organization(organization.pk).order_by("recorded_at", "id")
    return [name for name in found.values_list("event", flat=True) if name.startswith("byok:import:")]


class TestTheWholeWay:
    def test_a_key_brought_with_openssl_protects_values_once_another_person_has_confirmed_it(
        self, ceremony, northwind, alice, bob, tmp_path
    ):
        folder = tmp_path / "owner"
        folder.mkdir()
        (folder / "wrapping-key.pem").write_text(ceremony.parameters.pem)
        for line in [openssl.make_key(), *openssl.wrap(ceremony.parameters.wrapping)]:
            subprocess.run(["/bin/sh", "-ec", line.command], cwd=folder, check=True, capture_output=True)
        imported = bring(ceremony, alice, (folder / "wrapped-key.bin").read_bytes())
        line = openssl.check_after(imported.said)
        told = subprocess.run(["/bin/sh", "-ec", line.command], cwd=folder, check=True, capture_output=True, text=True)
        confirmed = confirm(ceremony, bob, bytes.fromhex(told.stdout))

        assert confirmed.stage == Stage.CONFIRMED
        assert confirmed.provider_uri == f"transit:bao/{northwind.pk}-{ceremony.pk}"
        provisioning.provision(northwind.pk, provider_uri=confirmed.provider_uri)
        label = f"app.{uuid4()}"
        with organization_scope(northwind.pk):
            envelope = keyring.field_keys(label).sealer(northwind.pk).seal(b"123-45-6789")
            assert keyring.field_keys(label).opener(envelope[:9]).open(envelope) == b"123-45-6789"
        assert events(northwind) == ["byok:import:begin", "byok:import:take", "byok:import:confirm"]

    def test_no_row_and_no_event_holds_the_key_or_the_file(self, ceremony, northwind, alice):
        key = os.urandom(32)
        wrapped = wrapped_for(ceremony, key)
        bring(ceremony, alice, wrapped)
        row = Ceremony.objects.filter(pk=ceremony.pk).values().get()
        kept = [bytes(value) for value in row.values() if isinstance(value, bytes | memoryview)]
        assert not any(key in cell or wrapped[:64] in cell for cell in kept)
        logged = b"".join(bytes(event.body) for event in InboxEvent.objects.for_organization(northwind.pk))
        assert key.hex().encode() not in logged
        assert base64.b64encode(key) not in logged


class TestWhatIsRefused:
    def test_a_file_of_the_wrong_size_leaves_the_ceremony_waiting(self, ceremony, northwind, alice):
        with pytest.raises(ImportRefused) as refusal:
            bring(ceremony, alice, bytes(100))
        assert refusal.value.code == "wrong-size"
        ceremony.refresh_from_db()
        assert ceremony.stage == Stage.OPEN
        assert events(northwind) == ["byok:import:begin", "byok:import:refuse"]

    def test_a_file_under_another_key_can_be_followed_by_the_right_one(self, ceremony, alice):
        with pytest.raises(ImportRefused) as refusal:
            bring(ceremony, alice, os.urandom(552))
        assert refusal.value.code == "wrong-key"
        assert bring(ceremony, alice, wrapped_for(ceremony)).stage == Stage.IMPORTED

    def test_a_file_that_was_imported_is_not_taken_again_by_anybody(self, ceremony, alice, uri):
        """PV-75: the wrapping key of transit is the engine's, so the file would open a second time."""
        wrapped = wrapped_for(ceremony)
        bring(ceremony, alice, wrapped)
        kestrel = make.organization("Kestrel Bank")
        charlie = make.member(kestrel, "Charlie", Role.KEY_ADMIN)
        theirs = ceremonies.begin(
            organization_id=kestrel.pk, person_id=charlie.pk, provider_uri=uri, wrapping=None, now=timezone.now()
        )
        with pytest.raises(ImportRefused) as refusal:
            bring(theirs, charlie, wrapped)
        assert refusal.value.code == "replayed"
        theirs.refresh_from_db()
        assert (theirs.stage, theirs.file_sha256) == (Stage.OPEN, None)

    def test_one_that_comes_too_late_is_refused(self, ceremony, alice):
        with pytest.raises(ImportRefused) as refusal:
            bring(ceremony, alice, wrapped_for(ceremony), now=ceremony.expires_at)
        assert refusal.value.code == "expired"

    def test_a_second_file_is_refused(self, ceremony, alice):
        bring(ceremony, alice, wrapped_for(ceremony))
        with pytest.raises(ceremonies.WrongStage):
            bring(ceremony, alice, wrapped_for(ceremony))

    def test_another_organization_finds_no_ceremony(self, ceremony):
        charlie = make.member(make.organization("Kestrel Bank"), "Charlie", Role.KEY_ADMIN)
        with pytest.raises(Ceremony.DoesNotExist):
            ceremonies.take(
                ceremony_id=ceremony.pk, organization_id=uuid4(), person_id=charlie.pk, delivery=Delivery(bytes(552)),
                now=timezone.now(),
            )  # fmt: skip

    def test_who_brought_the_key_does_not_confirm_it(self, ceremony, alice, northwind):
        """PV-78."""
        said = bring(ceremony, alice, wrapped_for(ceremony)).said
        with pytest.raises(ceremonies.SamePerson):
            confirm(ceremony, alice, said.value)
        with pytest.raises(IntegrityError), transaction.atomic():
            Ceremony.objects.filter(pk=ceremony.pk).update(confirmed_by=alice)

    def test_another_check_value_confirms_nothing_and_is_logged(self, ceremony, alice, bob, northwind):
        """PV-78."""
        said = bring(ceremony, alice, wrapped_for(ceremony)).said
        with pytest.raises(ceremonies.OtherKey):
            confirm(ceremony, bob, said.value[:-1] + bytes([said.value[-1] ^ 1]))
        ceremony.refresh_from_db()
        assert ceremony.stage == Stage.IMPORTED
        assert events(northwind)[-1] == "byok:import:confirm"
        assert InboxEvent.objects.for_organization(northwind.pk).order_by("-recorded_at", "-id")[0].outcome == "denied"
        assert confirm(ceremony, bob, said.value).stage == Stage.CONFIRMED

    def test_nothing_is_confirmed_before_it_is_there(self, ceremony, bob):
        with pytest.raises(ceremonies.WrongStage):
            confirm(ceremony, bob, bytes(8))


class TestWhatGoesWrong:
    def test_a_store_that_does_not_answer_leaves_the_ceremony_waiting(self, ceremony, alice, openbao):
        wrapped = wrapped_for(ceremony)
        openbao.seal()
        try:
            with pytest.raises(Transient):
                bring(ceremony, alice, wrapped)
        finally:
            openbao.unseal()
        assert bring(ceremony, alice, wrapped).stage == Stage.IMPORTED

    def test_a_claim_of_a_process_that_died_is_taken_over_after_two_minutes(self, ceremony, alice):
        now = timezone.now()
        Ceremony.objects.filter(pk=ceremony.pk).update(stage=Stage.TAKING, claimed_at=now)
        with pytest.raises(ceremonies.WrongStage):
            bring(ceremony, alice, wrapped_for(ceremony), now=now + timedelta(seconds=119))
        later = now + timedelta(seconds=121)
        assert bring(ceremony, alice, wrapped_for(ceremony), now=later).stage == Stage.IMPORTED

    def test_one_that_was_given_up_takes_nothing(self, ceremony, northwind, alice):
        ceremonies.cancel(ceremony_id=ceremony.pk, organization_id=northwind.pk, person_id=alice.pk, now=timezone.now())
        with pytest.raises(ceremonies.WrongStage):
            bring(ceremony, alice, wrapped_for(ceremony))

    def test_unfinished_ones_expire(self, ceremony, northwind):
        assert ceremonies.expire_overdue(now=ceremony.expires_at - timedelta(seconds=1)) == 0
        assert ceremonies.expire_overdue(now=ceremony.expires_at) == 1
        ceremony.refresh_from_db()
        assert ceremony.stage == Stage.EXPIRED
        assert events(northwind)[-1] == "byok:import:expire"

    def test_two_ceremonies_never_hold_one_key(self, ceremony, alice, uri, northwind):
        bring(ceremony, alice, wrapped_for(ceremony))
        other = ceremonies.begin(
            organization_id=northwind.pk, person_id=alice.pk, provider_uri=uri, wrapping=None, now=timezone.now()
        )
        with pytest.raises(IntegrityError), transaction.atomic():
            Ceremony.objects.filter(pk=other.pk).update(
                provider_uri=ceremony.provider_uri, stage=Stage.IMPORTED, taken_by=alice, check_value=b"x"
            )


class TestTheEndOfMaterial:
    """PV-77."""

    def test_it_is_announced_once_at_each_step(self, ceremony, alice, bob, northwind):
        now = timezone.now()
        ends = now + timedelta(days=45)
        said = bring(ceremony, alice, wrapped_for(ceremony), material_expires_at=ends).said
        confirm(ceremony, bob, said.value)
        hours = [timedelta(hours=12 * half) for half in range(92)]
        announced = [45 - since.days for since in hours if material_expiry.announce(now=now + since)]
        assert announced == [30, 14, 7, 3, 1]
        assert events(northwind).count("byok:import:ends") == 5

    def test_material_without_an_end_is_not_announced(self, ceremony, alice, bob):
        said = bring(ceremony, alice, wrapped_for(ceremony)).said
        confirm(ceremony, bob, said.value)
        assert material_expiry.announce(now=timezone.now() + timedelta(days=4000)) == 0
