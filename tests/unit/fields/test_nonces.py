"""Nonces that one INSERT draws in one piece are given out once, and outlive neither it nor a fork (ENV-10)."""

import os

import pytest

from ascend.fields import nonces


def test_each_is_given_out_once_and_then_there_is_none():
    drawn = nonces.Drawn(50)
    given = [drawn() for _ in range(50)]
    assert len(set(given)) == 50
    assert {len(nonce) for nonce in given} == {12}
    assert drawn() is None


def test_they_come_from_the_system_in_one_piece(monkeypatch):
    asked = []
    monkeypatch.setattr(nonces, "urandom", lambda count: asked.append(count) or bytes(count))
    nonces.Drawn(50)
    nonces.Drawn(nonces.MOST + 1)
    assert asked == [12 * 50, 12 * nonces.MOST]


def test_there_are_some_for_the_statement_only():
    assert nonces.in_force() is None
    with nonces.drawn(2):
        kept = nonces.in_force()
        assert kept() is not None
        with nonces.drawn(1):
            assert nonces.in_force() is not kept
        assert nonces.in_force() is kept
    assert nonces.in_force() is None


def test_a_statement_that_fails_leaves_none_behind():
    def fail():
        with nonces.drawn(2):
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert nonces.in_force() is None


def test_a_forked_child_draws_its_own():
    drawn = nonces.Drawn(5)
    pid = os.fork()
    if pid == 0:
        os._exit(0 if drawn() is None else 2)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert drawn() is not None
