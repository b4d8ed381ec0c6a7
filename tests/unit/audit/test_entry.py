"""The bytes of an event are what docs/spec/audit-event.md says."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

from audit.actor import Actor
from audit.catalogue import Event
from audit.entry import Entry, Outcome
from audit.event_id import new_event_id
from audit.origin import Origin, current, origin_scope

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
GOLDEN = (
    '{"actor":{"id":"cccccccc-cccc-4ccc-8ccc-cccccccccccc","kind":"person"},"address":"192.0.2.1",'
    '"at":"2026-11-22T09:30:00.000000Z","details":{"a":null,"b":true,"n":-1,"é":"ü"},"event":"accounts:sign_in:accept",'
    '"id":"01a2017d-4a40-7000-8000-000000000000","organization":null,"outcome":"denied","reason":"","request":"r-1",'
    '"target":"t","v":1}'
)


def entry(**changes):
    given = {
        "id": UUID("01a2017d-4a40-7000-8000-000000000000"),
        "event": Event.SIGN_IN,
        "organization_id": None,
        "actor": Actor.person(UUID("cccccccc-cccc-4ccc-8ccc-cccccccccccc")),
        "at": AT,
        "target": "t",
        "outcome": Outcome.DENIED,
        "details": {"n": -1, "é": "ü", "b": True, "a": None},
        "origin": Origin("r-1", "192.0.2.1"),
    }
    return Entry(**given | changes)


def test_version_1_has_not_changed():
    assert entry().to_bytes().decode() == GOLDEN


def test_the_same_moment_in_another_zone_gives_the_same_bytes():
    elsewhere = AT.astimezone(timezone(timedelta(hours=9)))
    assert entry(at=elsewhere).to_bytes() == entry().to_bytes()


def test_an_id_carries_the_milliseconds_the_version_and_the_variant():
    made = new_event_id(AT)
    assert made.int >> 80 == int(AT.timestamp() * 1000)
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"


def test_an_origin_lasts_as_long_as_its_scope():
    with origin_scope(request_id="outer", address="192.0.2.1"):
        with origin_scope(request_id="inner"):
            assert current() == Origin("inner", "")
        assert current() == Origin("outer", "192.0.2.1")
    assert current() == Origin()
