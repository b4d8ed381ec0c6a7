"""A transaction of the application holds a row for long: the campaign gives way, and goes on when the row is free."""

import time
from collections.abc import Iterator

import pytest
from django.db import connections, transaction

from ascend.campaigns import batches, lifecycle, swap
from ascend.campaigns.models import Batch, BatchState, State
from ascend.campaigns.run import Options, run
from tests.concurrency.test_killed_protection import (  # noqa: F401 (fixtures)
    alias,
    check,
    historical,
    moving_app,
    moving_tables,
    patients,
    work_of,
)

ROWS_OF_A_BATCH = 50


@pytest.fixture
def application(alias) -> Iterator:  # noqa: F811
    other = connections[alias].copy()
    yield other
    other.close()


@pytest.mark.parametrize("alias", ["postgresql"], indirect=True)  # SQLite has one writer, and its own time-out
def test_a_row_that_is_held_makes_nobody_wait_behind_the_campaign(alias, moving_app, patients, application):  # noqa: F811
    # WIN-13
    campaign = lifecycle.open_campaign(work_of(moving_app, alias))
    work = work_of(moving_app, alias)
    batches.plan(campaign, work, rows=ROWS_OF_A_BATCH)
    batch = batches.claim(campaign, worker="w", lease_seconds=60)
    application.set_autocommit(False)
    with application.cursor() as cursor:
        cursor.execute("SELECT id FROM moving_shop_patient WHERE id = %s FOR UPDATE", [batch.until])
    began = time.monotonic()
    swapped = swap.process(batch, work)
    assert time.monotonic() - began < 5
    assert (swapped.done, swapped.blocked_by) == (0, swap.HELD_ELSEWHERE)
    batch.refresh_from_db()
    assert (batch.state, batch.blocked_by) == (BatchState.WAITING, swap.HELD_ELSEWHERE)
    application.rollback()

    campaign = run(lifecycle.open_campaign(work), work, Options())  # taken up again: it waits for no time-out
    assert campaign.state == State.DONE
    assert set(Batch.objects.filter(campaign=campaign).values_list("state", flat=True)) == {BatchState.DONE}
    with transaction.atomic():
        check(moving_app, alias, patients)
