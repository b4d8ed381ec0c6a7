"""How many queries the pages of accounts need, however much there is to show."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.roles import Role
from tests.factories import accounts as make
from tests.factories import approvals as dialing

pytestmark = pytest.mark.django_db


def queries(client, address):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


class TestApprovals:
    def test_the_inbox_costs_the_same_for_one_request_and_for_twelve(self):
        northwind = make.organization()
        arjun = make.sign_in(Client(), make.member(northwind, "Arjun", Role.APPROVER))
        with dialing.registered():
            counts = []
            for number in range(12):
                dialing.request(
                    northwind, make.member(northwind, f"K{number}", Role.KEY_ADMIN), target=f"dial-{number}"
                )
                if number in {0, 11}:
                    counts.append(queries(arjun, "/approvals/"))
        assert counts[0] == counts[1] <= 8

    def test_one_request_costs_the_same_for_one_vote_and_for_five(self):
        northwind = make.organization()
        olivia = make.sign_in(Client(), make.member(northwind, "Olivia", Role.OFFICER))
        approvers = [make.member(northwind, f"A{number}", Role.APPROVER) for number in range(5)]
        with dialing.registered(votes_needed=9):
            wanted = dialing.request(northwind, make.member(northwind, "Kamila", Role.KEY_ADMIN))
            counts = []
            for approver in approvers:
                dialing.vote(wanted, approver)
                counts.append(queries(olivia, f"/approvals/{wanted.pk}/"))
        assert set(counts) == {counts[0]}
        assert counts[0] <= 8
