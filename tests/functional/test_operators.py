"""An operator uses the stock admin: sees who there is, changes nothing, reads no secret."""

import pytest
from django.contrib import admin
from django.test import Client

from accounts import models
from accounts.roles import Role
from audit.models import InboxEvent
from tests.factories import accounts as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    return make.member(make.organization(), "Alice", Role.OFFICER)


@pytest.fixture
def root(alice):
    return make.sign_in(Client(), make.person("Root", is_staff=True))


class TestDoors:
    def test_the_stock_admin_has_no_sign_in_of_its_own(self, alice):
        answer = Client().get("/admin/", follow=True)
        assert answer.redirect_chain[-1][0].startswith("/login/?next=%2Fadmin%2F")

    def test_a_member_is_refused_and_not_sent_round_in_a_circle(self, alice):
        client = make.sign_in(Client(), alice)
        assert client.get("/admin/", follow=True).status_code == 403
        assert client.get("/admin/accounts/person/", follow=True).status_code == 403

    def test_signing_out_of_it_is_recorded(self, root):
        assert root.post("/admin/logout/")["Clear-Site-Data"]
        assert InboxEvent.objects.filter(event="accounts:sign_in:end").count() == 1

    def test_it_changes_no_password(self, root):
        assert root.get("/admin/password_change/")["Location"] == "/admin/"


class TestPages:
    def test_people_are_listed_and_nothing_can_be_changed(self, root, alice):
        for page in ("person", "organization", "membership"):
            assert root.get(f"/admin/accounts/{page}/").status_code == 200
            assert root.get(f"/admin/accounts/{page}/add/").status_code == 403
        address = f"/admin/accounts/person/{alice.pk}/change/"
        assert root.get(address).status_code == 200
        assert root.post(address, {"display_name": "Mallory"}).status_code == 403
        assert root.post(f"/admin/accounts/person/{alice.pk}/delete/", {"post": "yes"}).status_code == 403

    def test_no_password_hash_is_on_any_page(self, root, alice):
        for address in ("/admin/accounts/person/", f"/admin/accounts/person/{alice.pk}/change/"):
            page = root.get(address).content.decode()
            assert "bcrypt" not in page
            assert alice.password not in page

    def test_tokens_requests_votes_and_the_log_are_not_registered(self):
        hidden = {
            models.OneTimeSignIn, models.SetUpToken, models.SignInThrottle, models.ApprovalRequest, models.Vote,
            models.Allowance, InboxEvent,
        }  # fmt: skip
        assert not hidden & set(admin.site._registry)
