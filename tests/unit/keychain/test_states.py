"""The table of states, without a database."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from ascend.keychain import prober
from ascend.keychain.errors import IllegalTransition, KeyDamaged, KeySuspended, KeyTampered, KeyUnavailable
from ascend.keychain.models import Revocation
from ascend.keychain.states import ALLOWED, MAY_UNWRAP, MAY_WRAP, State, check_transition, strictest


@given(st.lists(st.sampled_from(list(State)), min_size=1, max_size=4))
def test_an_ancestor_never_makes_a_key_more_usable(states):
    effective = strictest(states)
    assert effective in states
    for state in states:
        assert effective not in MAY_WRAP or state in MAY_WRAP
        assert effective not in MAY_UNWRAP or state in MAY_UNWRAP


@given(st.lists(st.sampled_from(list(State)), max_size=12))
def test_no_way_leads_out_of_destroyed_nor_back_to_pre_active(ways):
    state = State.PRE_ACTIVE
    for to in ways:
        try:
            check_transition(state, to)
        except IllegalTransition:
            continue
        assert state != State.DESTROYED
        assert to != State.PRE_ACTIVE
        state = to


def test_a_refusal_names_the_ways_that_exist():
    with pytest.raises(IllegalTransition, match="suspended cannot become destroyed; from here it goes to: active"):
        check_transition(State.SUSPENDED, State.DESTROYED)


def test_every_state_has_its_ways():
    assert set(ALLOWED) == set(State)


@pytest.mark.parametrize("error", [KeyUnavailable, KeySuspended, KeyTampered, KeyDamaged])
def test_a_refusal_survives_being_raised_again(error):
    from uuid import uuid4

    first = error(uuid4(), "Cause.", "Fix.", 3)
    again = type(first)(*first.args)
    assert str(again) == "Cause. Fix."
    assert (again.organization_id, again.retry_after_seconds) == (first.organization_id, 3)


@pytest.mark.parametrize(
    ("state", "age", "gone", "in_use", "seconds"),
    [
        ("active", 0, False, True, 5),
        ("active", 0, False, False, 60),
        ("suspended", 59, False, False, 3),
        ("suspended", 59, True, False, 3),
        ("suspended", 61, False, True, 60),
        ("suspended", 61, True, True, 900),
    ],
)
def test_the_intervals_of_the_prober_are_those_of_the_specification(state, age, gone, in_use, seconds):
    truth = Revocation(state=state, gone=gone, changed_at=timezone.now() - timedelta(minutes=age))
    assert prober.interval_seconds(truth, is_in_use=in_use) == seconds
