"""An auditor reads the log of their own organization."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Person
from accounts.roles import Role
from audit.actor import Actor
from audit.catalogue import Event
from audit.models import InboxEvent
from audit.services import record
from tests.factories import accounts as make

pytestmark = pytest.mark.django_db
ROW = re.compile(r'<tr id="event-([0-9a-f-]{36})"')
OLDER = re.compile(r'href="(\?[^"]*before=[^"]+)"')


@pytest.fixture
def northwind():
    return make.organization()


@pytest.fixture
def audra(northwind, client):
    audra = make.member(northwind, "Audra", Role.AUDITOR)
    make.sign_in(client, audra)
    return audra


def happen(organization, number, actor=None):
    return [
        record(
            Event.PROFILE_CHANGE,
            organization_id=organization.pk,
            actor=actor or make.TESTS,
            at=make.NOW + timedelta(seconds=second),
            target=f"thing-{second}",
        )
        for second in range(number)
    ]


def page(client, url="/audit/", **headers):
    answer = client.get(url, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


class TestList:
    def test_pages_follow_each_other_without_gap_or_repetition(self, client, audra, northwind):
        happen(northwind, 60)
        known = set(map(str, InboxEvent.objects.for_organization(northwind.pk).values_list("pk", flat=True)))
        seen, url = [], "/audit/"
        while url:
            shown = page(client, url)
            seen += ROW.findall(shown)
            older = OLDER.search(shown)
            url = "/audit/" + older[1].replace("&amp;", "&") if older else None
        assert len(seen) == len(set(seen))
        assert known <= set(seen)
        assert seen == sorted(seen, reverse=True)

    def test_load_older_gets_only_rows_and_the_next_button(self, client, audra, northwind):
        happen(northwind, 60)
        older = OLDER.search(page(client))[1].replace("&amp;", "&")
        part = page(client, "/audit/" + older, **{"HX-Request": "true", "HX-Target": "event-rows"})
        assert len(ROW.findall(part)) == 25
        assert "<html" not in part
        assert 'id="older"' in part

    def test_a_row_says_which_field_was_revealed_and_why(self, client, audra, northwind):
        record(
            Event.RECORD_REVEAL,
            organization_id=northwind.pk,
            actor=make.TESTS,
            at=make.NOW,
            reason="caller <verified>",
            details={"field": "ssn", "nothing": None},
        )
        (row,) = re.findall(r"<tr id=(?:(?!</tr>).)*records:person:reveal.*?</tr>", page(client), re.DOTALL)
        assert "caller &lt;verified&gt;" in row
        assert re.search(r"field</span>\s+ssn", row)
        assert "nothing" not in row

    def test_it_shows_only_the_own_organization(self, client, audra):
        kestrel = make.organization("Kestrel Bank")
        (foreign,) = happen(kestrel, 1)
        assert str(foreign) not in page(client)
        assert client.get(f"/audit/{foreign}/").status_code == 404

    def test_platform_events_are_in_no_organizations_log(self, client, audra):
        event = record(Event.PERSON_CREATE, organization_id=None, actor=make.TESTS, at=make.NOW)
        assert str(event) not in page(client)
        assert client.get(f"/audit/{event}/").status_code == 404

    def test_reading_is_recorded_once_a_page_view(self, client, audra, northwind):
        happen(northwind, 30)
        for _view in range(2):
            page(client)
        reads = InboxEvent.objects.filter(event=Event.LOG_READ, actor_id=str(audra.pk))
        assert reads.count() == 2

    def test_filters_narrow_by_event_outcome_and_actor(self, client, audra, northwind):
        happen(northwind, 3)
        mine = happen(northwind, 1, actor=Actor.person(audra.pk))[0]
        assert len(ROW.findall(page(client, "/audit/?event=accounts:profile:change"))) == 4
        assert str(mine) in page(client, f"/audit/?actor={audra.pk}&event=accounts:profile:change")
        assert len(ROW.findall(page(client, f"/audit/?actor={audra.pk}&event=accounts:profile:change"))) == 1
        assert "No event matches" in page(client, "/audit/?outcome=error")

    @pytest.mark.parametrize("query", ["event=nonsense", "before=x", "outcome=%00", "actor=" + "a" * 500, "before=%00"])
    def test_nonsense_in_the_address_is_ignored(self, client, audra, query):
        assert client.get(f"/audit/?{query}").status_code == 200

    def test_times_are_in_the_readers_zone_and_say_so(self, client, audra, northwind):
        Person.objects.filter(pk=audra.pk).update(time_zone="Asia/Tokyo")
        happen(northwind, 1)
        assert "22 Jan 2026, 18:30:00 JST" in page(client, "/audit/?event=accounts:profile:change")

    def test_the_number_of_queries_does_not_grow_with_the_log(self, client, audra, northwind):
        people = [make.person(name) for name in ("Ann", "Ben", "Cem")]
        counts = []
        for _round in range(2):
            for person in people:
                happen(northwind, 4, actor=Actor.person(person.pk))
            with CaptureQueriesContext(connection) as queries:
                page(client, "/audit/?event=accounts:profile:change")
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 12

    def test_nothing_is_shown_when_the_reading_cannot_be_recorded(self, client, audra, northwind):
        happen(northwind, 1)
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE audit_inboxevent ADD CONSTRAINT shut CHECK (event = '') NOT VALID")
        client.raise_request_exception = False
        answer = client.get("/audit/")
        assert answer.status_code == 503
        assert b"thing-0" not in answer.content


class TestEvent:
    def test_it_shows_everything_as_it_was_written(self, client, audra, northwind):
        event = record(
            Event.PROFILE_CHANGE, organization_id=northwind.pk, actor=Actor.person(audra.pk), at=make.NOW,
            reason="<b>why</b>", details={"zone": "UTC"},
        )  # fmt: skip
        shown = page(client, f"/audit/{event}/")
        assert "&lt;b&gt;why&lt;/b&gt;" in shown
        assert "<b>why</b>" not in shown
        assert "Audra" in shown
        assert str(event) in shown
