"""What there is to look at: an organization with people of every role, and records on demand."""

from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils import timezone

from accounts.models import ApprovalRequest, OneTimeSignIn, Organization, Person
from accounts.roles import Role
from accounts.services import one_time
from ascend.keychain import revocation
from ascend.keychain.last_use import LastUse
from ascend.keychain.models import Revocation
from ascend.scope import organization_scope
from byok.services import lease_change
from records import search_kinds
from records.models import ImportJob, PersonRecord
from records.services import people, searching
from tests.factories import accounts as make
from tests.factories import byok as keys
from tests.factories import records as files

NAMES = ("Ada Lovelace", "Grace Hopper", "Katherine Johnson", "Hedy Lamarr", "Mary Jackson")


class World:
    """The portal at `address`; its organization, people and data are made when a page asks for them."""

    def __init__(self, address: str, settings: Any = None) -> None:
        self.address = address
        self.settings = settings
        self._people: dict[tuple[Role, ...], Person] = {}

    @cached_property
    def organization(self) -> Organization:
        return make.organization(time_zone="Europe/Berlin")

    def person(self, *roles: Role) -> Person:
        """Return the person who holds exactly these roles."""
        if roles not in self._people:
            name = "".join(role.value.title().replace("_", "") for role in roles)
            self._people[roles] = make.member(self.organization, name, *roles)
        return self._people[roles]

    def records(self, count: int = 5) -> list[PersonRecord]:
        """Store some people as a steward does."""
        steward = self.person(Role.STEWARD)
        with organization_scope(self.organization.pk):
            return [self._record(number, steward) for number in range(count)]

    def _record(self, number: int, steward: Person) -> PersonRecord:
        values = {
            "reference": f"C-{number:04}",
            "name": NAMES[number % len(NAMES)],
            "email": f"person{number}@people.example",
            "phone": "+1 202 555 0100",
            "ssn": f"123-45-{number:04}",
            "date_of_birth": date(1980, 1, 1 + number % 28),
        }
        return people.create(
            organization_id=self.organization.pk, values=values, person_id=steward.pk, now=timezone.now()
        )

    def registration(
        self, step: str = "", *, described: bool = True, granted: bool = True, checked: bool = True,
        failing: str = "", signed: bool = False, principal: str = "arn:aws:iam::111122223333:role/ascend-byok-service",
    ) -> str:  # fmt: skip
        """Return a page of a key on its way, whose steps are done as far as said."""
        self.settings.BYOK_PRINCIPAL_ARN = principal
        now = timezone.now()
        done = granted and checked and not failing
        draft = keys.registration(
            self.organization, approval=None, expires_at=now + timedelta(days=7),
            key_arn=keys.KEY if described else "", alias="northwind-production" if described else "",
            granted_at=now if described and granted else None, verified_at=now if described and done else None,
            proved_at=now if described and done else None,
        )  # fmt: skip
        if described and granted and checked:
            keys.checked(draft, failing=failing)
        if signed:
            keys.acknowledge_waiver(self.organization, self.person(Role.OFFICER, Role.STEWARD))
        return reverse(f"byok:onboarding_{step}", args=[draft.pk]) if step else reverse("byok:onboarding")

    def health(self, *, unanswered_minutes: int = 0, reason: str = "") -> str:
        """Return the page of keys that were used, and what became of them then."""
        self.records()
        now = timezone.now()
        LastUse.objects.create(organization_id=self.organization.pk, written_at=now, read_at=now)
        if reason:
            revocation.suspend(organization_id=self.organization.pk, reason=reason, fix="Enable it in AWS KMS.")
        asked = now - timedelta(minutes=unanswered_minutes)
        Revocation.objects.filter(organization_id=self.organization.pk).update(probed_at=asked)
        return reverse("byok:keys")

    def ceremony(self, stage: str) -> str:
        """Return the page of a key that is brought, come to `stage`."""
        self.settings.BYOK_IMPORT_KEY = "pkcs11:token=byok;object={organization}-{ceremony}"
        held: dict[str, Any] = {}
        if stage in {"imported", "confirmed"}:
            now = timezone.now()
            held = {"stage": stage, "taken_by": self.person(Role.KEY_ADMIN), "taken_at": now, "check_value": bytes(8)}
        if stage == "confirmed":
            held |= {"confirmed_by": self.person(Role.APPROVER), "confirmed_at": timezone.now()}
        return reverse("byok:import", args=[keys.ceremony(self.organization, **held).pk])

    def record_page(self, url_name: str) -> str:
        return reverse(url_name, args=[self.records(1)[0].pk])

    def found(self, *roles: Role) -> str:
        """Return the page of a search that these roles made and that finds somebody."""
        self.records()
        with organization_scope(self.organization.pk):
            made = searching.search(
                kind=search_kinds.KINDS["email_domain"],
                text="people.example",
                person_id=self.person(*roles).pk,
                organization_id=self.organization.pk,
                now=timezone.now(),
            )
        return reverse("records:found", args=[made.pk])

    def import_page(self, url_name: str, *, step: str) -> str:
        """Return a page of an import that has come to `step`: uploaded, checked or imported."""
        content = files.csv_of(files.row(1), files.row(2, date_of_birth="2026-13-45"), files.row(3, phone="none"))
        take = {"uploaded": files.uploaded, "checked": files.checked, "imported": files.imported}[step]
        with organization_scope(self.organization.pk):
            job: ImportJob = take(content, self.person(Role.STEWARD), self.organization.pk)
        return reverse(url_name, args=[job.pk])

    def approval(self) -> ApprovalRequest:
        """Ask for another lease, which an approver decides."""
        self.records(1)
        return lease_change.request_lease_change(
            organization_id=self.organization.pk,
            requester_id=self.person(Role.KEY_ADMIN).pk,
            seconds=60,
            reason="The key service is slow on Mondays.",
            now=timezone.now(),
        )

    def one_time_sign_in(self) -> str:
        token = one_time.issue(
            person_id=self.person(Role.OFFICER).pk,
            purpose=OneTimeSignIn.Purpose.values[0],
            actor=make.TESTS,
            now=timezone.now(),
        )
        return reverse("one_time", args=[token])
