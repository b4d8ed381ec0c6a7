"""The server: HTTP on a thread of the test's process, and short ways to do what a test needs."""

import json
import ssl
import threading
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from ascend.testing.kms.call import Call
from ascend.testing.kms.faults import Faults
from ascend.testing.kms.http import HttpServer
from ascend.testing.kms.identities import Caller, Credentials
from ascend.testing.kms.key import KmsKey
from ascend.testing.kms.operations import OPERATIONS
from ascend.testing.kms.policy import owner_statement
from ascend.testing.kms.world import World

PORTAL_ACCOUNT, CUSTOMER_ACCOUNT = "111111111111", "222222222222"
REGION = "eu-central-1"
CRYPTO_ACTIONS = (
    "kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:Encrypt", "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)  # fmt: skip
METADATA_ACTIONS = ("kms:DescribeKey", "kms:GetKeyRotationStatus")


class StrictKms:
    """A KMS and an STS on 127.0.0.1. `with StrictKms() as kms:` starts and stops it; `kms.url` is its endpoint."""

    def __init__(self, *, port: int = 0, tls: ssl.SSLContext | None = None, is_controlled: bool = False) -> None:
        self.world = World()
        self._server = HttpServer(port, self.world, controlled=self if is_controlled else None)
        self._scheme = "http" if tls is None else "https"
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="strict-kms", daemon=True)

    def start(self) -> Self:
        """Answer from now on."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Answer no more, and let go of answers held back."""
        self.world.faults.clear()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """Return the port that it listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Return the endpoint for `boto3.client(..., endpoint_url=...)`."""
        return f"{self._scheme}://127.0.0.1:{self.port}"

    @property
    def faults(self) -> Faults:
        """Return what goes wrong, to add to it."""
        return self.world.faults

    @property
    def calls(self) -> list[Call]:
        """Return every call that was signed by somebody whom the server knows, in order."""
        return self.world.calls

    def advance(self, **duration: float) -> None:
        """Move the server's clock: `advance(days=8)`."""
        self.world.clock.advance(**duration)

    def root(self, account: str = CUSTOMER_ACCOUNT) -> Credentials:
        """Return the credentials of an account's root."""
        return Credentials(account, "test")

    def add_role(self, name: str, *, account: str = PORTAL_ACCOUNT, external_id: str = "", trusts: str = "") -> str:
        """Make a role that `trusts` (an account or ARN; by default its own account) may assume. Return its ARN."""
        arn = f"arn:aws:iam::{account}:role/{name}"
        statement: dict[str, Any] = {"Effect": "Allow", "Principal": {"AWS": trusts or account}}
        statement["Action"] = "sts:AssumeRole"
        if external_id:
            statement["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
        self.world.identities.add_role(arn, trust=json.dumps({"Statement": [statement]}))
        return arn

    def credentials_of(self, role_arn: str, *, seconds: float = 43_200) -> Credentials:
        """Return credentials of a role, as an instance that runs with it has them."""
        role = self.world.identities.role(role_arn)
        if role is None:
            raise KeyError(role_arn)
        return self.world.identities.open_session(role, "instance", seconds=seconds)

    def create_key(
        self, *, account: str = CUSTOMER_ACCOUNT, region: str = REGION, policy: str = "", **params: Any
    ) -> KmsKey:
        """Make a key as its account's root would; `params` are CreateKey's."""
        made = self.as_owner("CreateKey", account=account, region=region, **params)
        key = self.world.keys.get(made["KeyMetadata"]["Arn"])
        if policy:
            self.put_policy(key, policy)
        return key

    def put_policy(self, key: KmsKey, policy: str) -> None:
        """Replace a key's policy."""
        self.on_key("PutKeyPolicy", key, Policy=policy, PolicyName="default")

    def on_key(self, operation: str, key: KmsKey, **params: Any) -> dict[str, Any]:
        """Do something as the key's owner: `on_key("DisableKey", key)`."""
        return self.as_owner(operation, account=key.account, region=key.region, KeyId=key.arn, **params)

    def as_owner(self, operation: str, *, account: str, region: str = REGION, **params: Any) -> dict[str, Any]:
        """Do something as an account's root, past the network, the log and the faults.

        Raises:
            Refusal: as KMS would refuse it.
        """
        caller = Caller(f"arn:aws:iam::{account}:root", account, account)
        with self.world.lock:
            return OPERATIONS[operation](Call(operation, region, params, caller, str(uuid4()), self.world))


def byok_policy(role_arn: str, context: dict[str, str], *, account: str = CUSTOMER_ACCOUNT) -> str:
    """Return the policy of a customer's key that lets one role use it for one encryption context."""
    conditions = {f"kms:EncryptionContext:{name}": value for name, value in context.items()}
    crypto: dict[str, Any] = {"Effect": "Allow", "Principal": {"AWS": role_arn}, "Resource": "*"}
    metadata = crypto | {"Action": list(METADATA_ACTIONS)}
    crypto |= {"Action": list(CRYPTO_ACTIONS)} | ({"Condition": {"StringEquals": conditions}} if conditions else {})
    return json.dumps({"Version": "2012-10-17", "Statement": [owner_statement(account), crypto, metadata]})
