"""The first page after signing in: everybody's figures, and nobody else's."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApprovalRequest, Membership
from accounts.roles import Role
from ascend_portal import navigation
from audit import services as audit
from audit.actor import Actor
from audit.catalogue import Event
from tests.factories import accounts as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def northwind():
    return make.organization()


def overview_of(client, organization, *roles, name="Alice"):
    make.sign_in(client, make.member(organization, name, *roles))
    response = client.get(reverse("overview"))
    assert response.status_code == 200, response.content
    return response


class TestFigures:
    def test_an_officer_sees_records_keys_and_activity(self, client, northwind):
        context = overview_of(client, northwind, Role.OFFICER).context.keys()
        assert {"records", "keys", "activity"} <= set(context)

    def test_a_steward_sees_records_and_imports_but_no_keys_and_no_log(self, client, northwind):
        context = overview_of(client, northwind, Role.STEWARD).context.keys()
        assert {"records", "imports"} <= set(context)
        assert {"keys", "activity"} & set(context) == set()

    @pytest.mark.parametrize("role", [Role.KEY_ADMIN, Role.APPROVER, Role.AUDITOR])
    def test_who_never_sees_records_sees_no_count_of_them(self, client, northwind, role):
        context = overview_of(client, northwind, role).context.keys()
        assert "records" not in context
        assert {"keys", "activity"} <= set(context)

    def test_a_security_admin_sees_no_figures(self, client, northwind):
        context = overview_of(client, northwind, Role.SECURITY_ADMIN).context.keys()
        assert {"records", "keys", "activity"} & set(context) == set()

    def test_the_events_are_those_of_the_organization(self, client, northwind):
        kestrel = make.organization("Kestrel Bank")
        actor = Actor.system("tests")
        audit.record(Event.LOG_READ, organization_id=kestrel.pk, actor=actor, at=timezone.now(), target="not-ours")
        audit.record(Event.LOG_READ, organization_id=northwind.pk, actor=actor, at=timezone.now(), target="ours")
        recent = overview_of(client, northwind, Role.AUDITOR).context["activity"].recent
        targets = {shown.event.target for shown in recent}
        assert "ours" in targets
        assert "not-ours" not in targets

    def test_people_are_named_and_not_numbered(self, client, northwind):
        response = overview_of(client, northwind, Role.AUDITOR)
        assert "Alice" in {shown.event.actor for shown in response.context["activity"].recent}

    def test_todays_events_are_in_the_last_point_of_the_chart(self, client, northwind):
        chart = overview_of(client, northwind, Role.AUDITOR).context["activity"].chart
        assert len(chart.labels) == 30
        assert chart.series[0].values[-1] >= 1


class TestQueries:
    def test_the_number_of_queries_does_not_grow_with_the_data(self, client, northwind, django_assert_max_num_queries):
        for number in range(20):
            make.member(northwind, f"Person{number}", Role.APPROVER)
        for number in range(40):
            audit.record(
                Event.LOG_READ,
                organization_id=northwind.pk,
                actor=Actor.person(make.person(f"Reader{number}").pk),
                at=timezone.now(),
            )
        make.sign_in(client, make.member(northwind, "Alice", Role.OFFICER, Role.STEWARD, Role.APPROVER))
        with django_assert_max_num_queries(18):
            client.get(reverse("overview"))


class TestShell:
    def test_anonymous_people_are_sent_to_sign_in(self, client):
        response = client.get(reverse("overview"))
        assert response.status_code == 302
        assert response["Location"].startswith("/login/")

    @pytest.mark.parametrize("role", list(Role))
    def test_the_navigation_leads_only_where_the_role_may_go(self, client, northwind, role):
        response = overview_of(client, northwind, role)
        shown = [entry for group in response.context["shell"].navigation for entry in group.entries]
        assert shown
        for entry in shown:
            assert client.get(entry.url).status_code == 200, entry.url

    @pytest.mark.parametrize("role", list(Role))
    def test_what_the_navigation_leaves_out_is_closed(self, client, northwind, role):
        response = overview_of(client, northwind, role)
        shown = {entry.url for group in response.context["shell"].navigation for entry in group.entries}
        every = {reverse(entry.url_name) for group in navigation.GROUPS for entry in group.entries}
        for url in every - shown:
            assert client.get(url).status_code == 403, url

    def test_the_current_page_is_marked_once(self, client, northwind):
        text = overview_of(client, northwind, Role.OFFICER).content.decode()
        assert text.count('aria-current="page"') == 1

    def test_a_sample_organization_says_demo_and_another_does_not(self, client, northwind, settings):
        settings.DEMO = False
        response = overview_of(client, northwind, Role.OFFICER)
        assert "Demo" not in response.content.decode()
        northwind.is_sample = True
        northwind.save()
        assert "Demo" in client.get(reverse("overview")).content.decode()

    def test_the_switch_names_only_ones_own_organizations(self, client, northwind):
        make.organization("Kestrel Bank")
        text = overview_of(client, northwind, Role.OFFICER).content.decode()
        assert "Kestrel" not in text
        assert "Switch organization" not in text

    def test_who_works_for_two_organizations_can_switch(self, client, northwind):
        kestrel = make.organization("Kestrel Bank")
        alice = make.member(northwind, "Alice", Role.OFFICER)
        Membership.objects.create(person=alice, organization=kestrel, roles=[Role.STEWARD], created_at=make.NOW)
        make.sign_in(client, alice)
        shown = client.get(reverse("overview")).context["shell"]
        other = shown.other_organizations[0]
        assert {shown.organization.name, other.name} == {"Northwind Health", "Kestrel Bank"}
        client.post(reverse("switch_organization"), {"organization": str(other.pk)})
        assert client.get(reverse("overview")).context["shell"].organization == other

    def test_the_zone_of_the_times_is_said(self, client, northwind):
        alice = make.member(northwind, "Alice", Role.OFFICER)
        alice.time_zone = "Asia/Tokyo"
        alice.save()
        make.sign_in(client, alice)
        assert "Times are shown in Asia/Tokyo (JST)." in client.get(reverse("overview")).content.decode()

    def test_an_approver_reads_how_many_votes_are_asked(self, client, northwind):
        bob = make.member(northwind, "Bob", Role.KEY_ADMIN)
        ApprovalRequest.objects.create(
            organization=northwind, operation="tests", target="t", target_version="1", params={}, requester=bob,
            votes_needed=1, nonce=b"n" * 32, expires_at=timezone.now() + timezone.timedelta(hours=1),
            request_hash=b"h" * 32, reason="r", created_at=timezone.now(),
        )  # fmt: skip
        response = overview_of(client, northwind, Role.APPROVER)
        assert response.context["shell"].waiting_approvals == 1
        assert "1 approval waits for you" in response.content.decode()
        client.logout()
        assert overview_of(client, northwind, Role.OFFICER, name="Olivia").context["shell"].waiting_approvals == 0


class TestSetUpChecklist:
    def test_names_the_roles_that_nobody_holds(self, client, northwind):
        steps = overview_of(client, northwind, Role.OFFICER).context["steps"]
        assert not steps[0].is_done
        assert "Auditor" in str(steps[0].text)

    def test_offers_the_import_to_stewards_only(self, client, northwind):
        officer = overview_of(client, northwind, Role.OFFICER).context["steps"]
        client.logout()
        steward = overview_of(client, northwind, Role.STEWARD, name="Stefan").context["steps"]
        assert [officer[1].url, steward[1].url] == ["", reverse("records:import")]
