"""Where a transit engine is, and how we sign in there. Spec: docs/spec/providers.md §3."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

from ascend.providers import stores
from ascend.providers.addresses import AddressRule
from ascend.providers.contract import Operator
from ascend.providers.outbound import Client

KIND: Final = "transit"
FIELDS: Final = (
    "address", "mount", "namespace", "ca", "client_certificate", "client_key",
    "token", "role_id", "secret_id", "auth_mount",
)  # fmt: skip
CALL_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class TransitStore:
    """One engine. Two stores with the same content are equal, so a changed file is another store."""

    address: str
    mount: str
    namespace: str
    ca: Path | None
    client_certificate: tuple[Path, Path] | None
    auth_mount: str
    role_id: str
    secret_id: str = field(repr=False)
    token: str = field(repr=False)
    rule: AddressRule
    stamp: tuple[int, ...]

    @classmethod
    def read(cls, folder: Path, name: str, rule: AddressRule) -> "TransitStore":
        """Return the store that `name`.json describes.

        Raises:
            Operator: the file is missing or says something else, or both ways of signing in, or none.
        """
        file = stores.read(folder, name, KIND)
        file.require_only(*FIELDS)
        token, role_id, secret_id = (file.text(part, "") for part in ("token", "role_id", "secret_id"))
        if bool(token) == bool(role_id and secret_id) or bool(role_id) != bool(secret_id):
            raise Operator(
                f"The store file {file.path.name} must say one way to sign in.",
                "Write token, or role_id and secret_id.",
            )
        return cls(
            address=file.text("address"),
            mount=file.text("mount", "transit").strip("/"),
            namespace=file.text("namespace", ""),
            ca=file.file("ca"),
            client_certificate=file.client_certificate(),
            auth_mount=file.text("auth_mount", "approle").strip("/"),
            role_id=role_id,
            secret_id=secret_id,
            token=token,
            rule=rule,
            stamp=file.stamp(),
        )

    def client(self, seconds: float = CALL_SECONDS) -> Client:
        """Return a client of this engine's server whose calls may take `seconds`."""
        return Client(
            self.address, rule=self.rule, ca=self.ca, client_cert=self.client_certificate, total_seconds=seconds
        )

    def path(self, *parts: str) -> str:
        """Return the path of an operation of the engine."""
        return "/v1/" + quote("/".join((self.mount, *parts)))

    def headers(self, token: str = "") -> dict[str, str]:
        """Return what goes with each call."""
        namespace = {"X-Vault-Namespace": self.namespace} if self.namespace else {}
        return namespace | ({"X-Vault-Token": token} if token else {})
