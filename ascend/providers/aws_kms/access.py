"""The way to a key: clients, credentials, quota, attempts, and what a refusal means."""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from ascend.providers import contract
from ascend.providers.aws_kms.address import Address
from ascend.providers.aws_kms.arn import KeyArn
from ascend.providers.aws_kms.attempts import Attempts, Deadline
from ascend.providers.aws_kms.calls import Calls
from ascend.providers.aws_kms.clients import Clients
from ascend.providers.aws_kms.diagnosis import explained
from ascend.providers.aws_kms.quota import Quota
from ascend.providers.aws_kms.settings import AwsSettings
from ascend.providers.contract import Denied, Operator, Transient

if TYPE_CHECKING:
    from mypy_boto3_kms.client import KMSClient

PREPARE_SECONDS = 15.0
"""For what is done once a process and Region, before a call's own time begins."""

Result = TypeVar("Result")


class Access:
    """Thread-safe. A forked child makes clients, threads and quotas of its own."""

    def __init__(self, settings: AwsSettings) -> None:
        self.settings = settings
        self._pid = -1
        self._begin()

    def call(self, where: Address, context: Mapping[str, str], call: Callable[[Calls], Result]) -> Result:
        """Return what a call to the key gave, or to a replica where the key's own Region gave no answer.

        Raises:
            ProviderError: what went wrong.
        """
        self._begin()
        _require_external_id(where, context)
        self._attempts.once(lambda: self._clients.prepare(where), Deadline(PREPARE_SECONDS))
        deadline = Deadline()
        organization = context.get(contract.ORGANIZATION) or str(where.key)
        places = [self._at(where, place, organization, call) for place in where.places]
        try:
            return self._with_fresh_session(where, places, deadline)
        except Denied as denied:
            explanation = explained(self, where, denied, deadline)
            if explanation is denied:
                raise  # `raise denied from denied` would be its own cause, without end
            raise explanation from denied

    def once(self, where: Address, call: Callable[[Calls], Result], deadline: Deadline) -> Result:
        """Make one call to the key's own Region, for a diagnosis."""
        place = self._at(where, where.key, str(where.key), call)
        return self._attempts.once(place, deadline)

    def client(self, where: Address) -> tuple["KMSClient", str]:
        """Return boto3's client for a key and the key's ARN: for imports, which a person waits for."""
        self._begin()
        return self._clients.kms(where, where.key.region), str(where.key)

    def identity(self, where: Address) -> str:
        """Return the ARN under which the key's owner sees this portal."""
        self._begin()
        return self._attempts.first_good([lambda: self._clients.identity(where)], Deadline())

    def _with_fresh_session(self, where: Address, places: list[Callable[[], Result]], deadline: Deadline) -> Result:
        try:
            return self._attempts.first_good(places, deadline)
        except Operator as error:
            # Once: the credentials of a role can end while they are still young.
            if error.finding != "credentials" or not self._clients.forget_session(where):
                raise
        return self._attempts.first_good(places, deadline)

    def _at(
        self, where: Address, place: KeyArn, organization: str, call: Callable[[Calls], Result]
    ) -> Callable[[], Result]:
        def one() -> Result:
            wait = self._quota.take(organization)
            if wait:
                raise Transient(
                    "This organization has used its share of the portal's KMS calls.",
                    "Wait. If it comes back, raise ASCEND_AWS_CALLS_PER_SECOND.",
                    retry_after_seconds=max(1, round(wait)),
                )
            return call(Calls(self._clients.kms(where, place.region), place))

        return one

    def _begin(self) -> None:
        if self._pid != os.getpid():
            self._clients, self._attempts = Clients(self.settings), Attempts()
            self._quota = Quota(self.settings.calls_per_second)
            self._pid = os.getpid()


def _require_external_id(where: Address, context: Mapping[str, str]) -> None:
    """Refuse to enter a customer's account in the name of another organization (PV-52)."""
    if not where.serves(context):
        raise Operator(
            "The role of this key was given to another organization.", "Register the key again for this organization."
        )
