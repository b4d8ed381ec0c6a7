"""An event is written with the change it tells of, exactly, or the change does not happen."""

import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
import rfc8785
from django.db import DatabaseError, connection, transaction

from accounts.models import Organization
from audit import journal, origin
from audit.actor import Actor
from audit.catalogue import Event
from audit.entry import MAX_BODY_BYTES, Outcome
from audit.models import InboxEvent
from audit.services import AuditUnavailable, record
from tests.factories import accounts as make

pytestmark = pytest.mark.django_db
ORGANIZATION = UUID("11111111-1111-4111-8111-111111111111")


def recorded(**changes):
    given = {"organization_id": ORGANIZATION, "actor": make.TESTS, "at": make.NOW} | changes
    return InboxEvent.objects.get(pk=record(changes.pop("event", Event.SIGN_IN), **given))


class TestRecord:
    def test_the_stored_bytes_are_canonical_and_say_everything(self):
        with origin.origin_scope(request_id="r-1", address="192.0.2.1"):
            event = recorded(
                target="t", reason="becäuse", outcome=Outcome.DENIED, details={"n": 1, "b": True, "a": None}
            )
        body = bytes(event.body)
        said = json.loads(body)
        assert rfc8785.dumps(said) == body
        assert said == {
            "v": 1, "id": str(event.pk), "event": "accounts:sign_in:accept", "at": "2026-01-22T09:30:00.000000Z",
            "organization": str(ORGANIZATION), "actor": {"kind": "system", "id": "tests"}, "target": "t",
            "outcome": "denied", "reason": "becäuse", "details": {"a": None, "b": True, "n": 1},
            "request": "r-1", "address": "192.0.2.1",
        }  # fmt: skip

    def test_the_columns_repeat_what_the_bytes_say(self):
        event = recorded(target="t")
        said = json.loads(bytes(event.body))
        assert (event.event, event.actor_kind, event.actor_id, event.target, event.outcome) == (
            said["event"], said["actor"]["kind"], said["actor"]["id"], said["target"], said["outcome"],
        )  # fmt: skip

    def test_it_goes_with_the_transaction_of_its_change(self):
        with transaction.atomic():
            make.organization()
            recorded()
            transaction.set_rollback(True)
        assert not InboxEvent.objects.exists()

    def test_a_platform_event_has_no_organization(self):
        assert recorded(organization_id=None).organization_id is None

    def test_ids_sort_by_time_and_by_the_order_of_one_moment(self):
        early = recorded(at=datetime(2026, 1, 1, tzinfo=UTC)).pk
        same = [recorded().pk for _event in range(50)]
        assert early < min(same)
        assert {identifier.version for identifier in same} == {7}
        assert len(set(same)) == 50


class TestFailClosed:
    def test_the_change_does_not_happen_when_the_inbox_takes_nothing(self):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE audit_inboxevent ADD CONSTRAINT shut CHECK (event = '') NOT VALID")
        with pytest.raises(AuditUnavailable), transaction.atomic():
            make.organization()
        assert not Organization.objects.exists()

    @pytest.mark.parametrize(
        "details",
        [{"n": 2**53 + 1}, {"text": "\ud800"}, {"text": "x" * MAX_BODY_BYTES}],
        ids=["inexact number", "half a character", "too long"],
    )
    def test_what_cannot_be_written_exactly_is_refused(self, details):
        with pytest.raises(AuditUnavailable):
            recorded(details=details)
        assert not InboxEvent.objects.exists()

    def test_a_nul_in_a_column_refuses_and_does_not_break_the_page(self):
        with pytest.raises((AuditUnavailable, ValueError)), transaction.atomic():
            recorded(target="a\0b")

    def test_the_longest_body_that_fits_is_taken(self):
        spare = MAX_BODY_BYTES - len(bytes(recorded(details={"text": ""}).body))
        assert len(bytes(recorded(details={"text": "x" * spare}).body)) == MAX_BODY_BYTES

    @pytest.mark.parametrize("change", [lambda rows: rows.update(target="x"), lambda rows: rows.all().delete()])
    def test_an_event_is_never_changed_or_removed(self, change):
        recorded()
        with pytest.raises(DatabaseError, match="never changed or removed"):
            change(InboxEvent.objects)


class TestJournal:
    def test_a_known_event_of_the_library_keeps_its_name(self):
        key = uuid4()
        journal.receive("keychain:key:create", organization_id=ORGANIZATION, details={"key_id": str(key), "level": 2})
        event = InboxEvent.objects.get()
        assert (event.event, event.target, event.actor_id) == ("keychain:key:create", str(key), "ascend")

    def test_an_unlisted_one_is_recorded_under_its_name_all_the_same(self):
        journal.receive("keychain:new:thing", organization_id=ORGANIZATION, details={"n": 1})
        event = InboxEvent.objects.get()
        assert event.event == "ascend:event:unlisted"
        assert json.loads(bytes(event.body))["details"] == {"event": "keychain:new:thing", "n": 1}


class TestCatalogue:
    def test_each_name_is_wing_noun_verb_and_stands_once(self):
        values = [event.value for event in Event]
        assert len(values) == len(set(values)) == len(Event.__members__)
        assert all(value.count(":") == 2 and value == value.lower() for value in values)

    def test_every_event_that_the_library_emits_is_listed(self):
        import re
        from pathlib import Path

        sources = "".join(path.read_text() for path in Path("ascend").rglob("*.py"))
        emitted = set(re.findall(r'journal\.emit\(\s*"([^"]+)"', sources))
        assert emitted
        assert emitted <= {event.value for event in Event}


def test_an_actor_says_what_kind_it_is():
    person = uuid4()
    assert Actor.person(person) == Actor("person", str(person))
    assert Actor.setup().kind == "setup"
