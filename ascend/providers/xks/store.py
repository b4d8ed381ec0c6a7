"""Where an external key store's proxy is, and how we sign in there. Spec: docs/spec/providers.md §4."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ascend.providers import places, stores
from ascend.providers.addresses import AddressRule
from ascend.providers.contract import Operator
from ascend.providers.outbound import Client
from ascend.providers.stores import StoreFile

KIND: Final = "xks"
FIELDS: Final = (
    "address", "path_prefix", "region", "access_key_id", "secret_access_key", "ca", "client_certificate", "client_key",
    "principal_arn", "key_arn",
)  # fmt: skip
API: Final = "/kms/xks/v1"
CALL_SECONDS: Final = 2.0
ACCESS_KEY_ID: Final = re.compile(r"[A-Z2-7]{20,30}")
SECRET: Final = re.compile(r"[A-Za-z0-9/+=]{43,64}")
PREFIX: Final = re.compile(r"(/[A-Za-z0-9_-]+)*")
REGION: Final = re.compile(r"[a-z0-9-]{1,32}")


@dataclass(frozen=True, slots=True)
class XksStore:
    """One proxy. `principal_arn` and `key_arn` are what it is told of the caller: it may authorize by them."""

    address: str
    path_prefix: str
    region: str
    access_key_id: str
    secret: str = field(repr=False)
    ca: Path | None
    client_certificate: tuple[Path, Path] | None
    principal_arn: str
    key_arn: str
    rule: AddressRule

    @classmethod
    def read(cls, folder: Path, name: str, rule: AddressRule) -> "XksStore":
        """Return the store that `name`.json describes.

        Raises:
            Operator: the file is missing or says what the API does not know.
        """
        file = stores.read(folder, name, KIND)
        file.require_only(*FIELDS)
        return cls(
            address=_bare(file),
            path_prefix=_fitting(file, "path_prefix", PREFIX, ""),
            region=_fitting(file, "region", REGION, "us-east-1"),
            access_key_id=_fitting(file, "access_key_id", ACCESS_KEY_ID),
            secret=_fitting(file, "secret_access_key", SECRET),
            ca=file.file("ca"),
            client_certificate=file.client_certificate(),
            principal_arn=file.text("principal_arn", "arn:aws:iam::000000000000:role/ascend"),
            key_arn=file.text("key_arn", "arn:aws:kms:us-east-1:000000000000:key/ascend"),
            rule=rule,
        )

    def client(self) -> Client:
        """Return the client of this proxy."""
        return Client(
            self.address, rule=self.rule, ca=self.ca, client_cert=self.client_certificate, total_seconds=CALL_SECONDS
        )

    @property
    def host(self) -> str:
        """Return the Host header of a call: it is signed."""
        return places.parse(self.address).netloc

    def path(self, operation: str) -> str:
        """Return the whole path of an operation."""
        return f"{self.path_prefix}{API}{operation}"


def _bare(file: StoreFile) -> str:
    address = file.text("address").rstrip("/")
    if places.parse(address).path:
        raise Operator(f"The address in {file.path.name} has a path.", "Write the path as path_prefix.")
    return address


def _fitting(file: StoreFile, name: str, form: "re.Pattern[str]", default: str | None = None) -> str:
    value = file.text(name, default)
    if not form.fullmatch(value):
        raise Operator(
            f'The "{name}" in {file.path.name} is not of the form of the API.', "docs/operations/xks.md has it."
        )
    return value
