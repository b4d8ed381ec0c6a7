"""boto3 clients: one for each Region and session, in this process alone.

boto3's own retries are off: it counts in its own way and knows nothing of what an answer means here. Its
environment variables for endpoints are ignored, since a call that goes elsewhere must have been said in our settings.
"""

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import boto3
import botocore.loaders
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ascend.providers.aws_kms.address import Address
from ascend.providers.aws_kms.settings import AwsSettings
from ascend.providers.contract import ProviderError

if TYPE_CHECKING:
    from mypy_boto3_kms.client import KMSClient

CONNECT_SECONDS, READ_SECONDS = 1, 2
SESSION_SECONDS: Final = 900
"""The shortest that STS gives: a trust policy that is taken back holds from the next session on."""
REFRESH_AT: Final = 2 / 3
MARGIN_SECONDS: Final = 30.0
CONFIG: Final = Config(
    connect_timeout=CONNECT_SECONDS,
    read_timeout=READ_SECONDS,
    retries={"total_max_attempts": 1, "mode": "standard"},
    max_pool_connections=32,
    ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]  # not in the stubs yet
    user_agent_extra="ascend",
)


@dataclass(slots=True)
class RoleSession:
    """The credentials of one assumed role, and until when; on the monotonic clock, read before AWS was asked."""

    arguments: dict[str, str] = field(repr=False)
    taken_at: float
    is_refreshing: bool = False

    def is_over(self) -> bool:
        """Return whether a call with them could be refused for their age."""
        return time.monotonic() >= self.taken_at + SESSION_SECONDS - MARGIN_SECONDS

    def is_due(self) -> bool:
        """Return whether new ones should be fetched while these still serve."""
        return not self.is_refreshing and time.monotonic() >= self.taken_at + SESSION_SECONDS * REFRESH_AT


# AWS's models of its services: a third of a second to read, and the same for all.
_models = botocore.loaders.create_loader()


class Clients:
    """The clients of one process. Made anew in a forked child: sockets and locks are the parent's."""

    def __init__(self, settings: AwsSettings) -> None:
        self._settings = settings
        self._session = boto3.session.Session(botocore_session=_botocore_session())
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._roles: dict[tuple[str, str], RoleSession] = {}
        self._assuming: dict[tuple[str, str], threading.Lock] = {}

    def prepare(self, address: Address) -> None:
        """Make what a call to the key needs and no key does: AWS's models of its services are read once a process."""
        for region in {address.key.region, *address.replicas}:
            self._client("kms", region, {})
        if address.role:
            self.sts(address.key.region)

    def kms(self, address: Address, region: str) -> "KMSClient":
        """Return the client for a key, with the credentials of its role if it has one. May ask STS."""
        credentials = self._role_session(address).arguments if address.role else {}
        client: KMSClient = self._client("kms", region, credentials)
        return client

    def sts(self, region: str) -> Any:
        """Return a client of STS with the portal's own credentials."""
        return self._client("sts", region, {})

    def identity(self, address: Address) -> str:
        """Return the ARN under which the owner of a key sees this portal. Asks STS."""
        region = address.key.region
        credentials = self._role_session(address).arguments if address.role else {}
        return str(self._client("sts", region, credentials).get_caller_identity()["Arn"])

    def forget_session(self, address: Address) -> bool:
        """Let the next call assume the role again; return whether there was a session."""
        return self._roles.pop((address.role, address.external_id), None) is not None

    def _role_session(self, address: Address) -> RoleSession:
        name = (address.role, address.external_id)
        held = self._roles.get(name)
        if held is None or held.is_over():
            with self._assuming.setdefault(name, threading.Lock()):
                held = self._roles.get(name)
                if held is None or held.is_over():
                    return self._assume(address)
        elif held.is_due():
            held.is_refreshing = True
            threading.Thread(target=self._refresh, args=(address, held), name="ascend-sts", daemon=True).start()
        return held

    def _refresh(self, address: Address, held: RoleSession) -> None:
        try:
            # The session in hand serves on; when it is over, its caller asks again and is told why.
            with suppress(BotoCoreError, ClientError, ProviderError):
                self._assume(address)
        finally:
            held.is_refreshing = False

    def _assume(self, address: Address) -> RoleSession:
        taken_at = time.monotonic()
        given = self.sts(address.key.region).assume_role(
            RoleArn=address.role,
            RoleSessionName="ascend",
            ExternalId=address.external_id,
            DurationSeconds=SESSION_SECONDS,
        )["Credentials"]
        arguments = {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }
        session = self._roles[(address.role, address.external_id)] = RoleSession(arguments, taken_at)
        return session

    def _client(self, service: str, region: str, credentials: dict[str, str]) -> Any:
        name = (service, region, credentials.get("aws_access_key_id", ""))
        found = self._clients.get(name)
        if found is None:
            endpoint = self._settings.endpoint(service, region)
            with self._lock:  # boto3's session may be used by one thread at a time
                made = self._session.client(
                    service,  # type: ignore[call-overload]  # a variable, where the stubs want a literal
                    region_name=region,
                    endpoint_url=endpoint,
                    config=CONFIG,
                    **credentials,
                )
                found = self._clients.setdefault(name, made)
                self._drop_clients_of_old_sessions()
        return found

    def _drop_clients_of_old_sessions(self) -> None:
        in_force = {session.arguments["aws_access_key_id"] for session in list(self._roles.values())} | {""}
        for name in [name for name in self._clients if name[2] not in in_force]:
            del self._clients[name]


def _botocore_session() -> botocore.session.Session:
    session = botocore.session.Session()
    session.register_component("data_loader", _models)
    return session
