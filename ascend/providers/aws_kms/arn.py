"""ARNs of keys and roles, as people type them: what is wrong with one is said so that it can be put right.

Spec: docs/spec/providers.md §5 (PV-50). Nothing here asks AWS: a well-formed ARN may name a key that does not exist.
"""

import re
from dataclasses import dataclass
from typing import Final

ARN_CHARACTERS: Final = 256
PARTS: Final = 6
ACCOUNT: Final = re.compile(r"\d{12}")
REGION: Final = re.compile(r"[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}")
UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MULTI_REGION: Final = re.compile(r"mrk-[0-9a-f]{32}")
ROLE: Final = re.compile(r"role/(?:[\w+=,.@-]+/)*[\w+=,.@-]{1,64}")
# Which partition a Region is in shows in its first letters; all others are in `aws`.
PARTITIONS: Final = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-iso-": "aws-iso", "us-isob-": "aws-iso-b",
                     "eusc-": "aws-eusc"}  # fmt: skip
EXAMPLE: Final = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


class BadArn(ValueError):
    """What was typed is not the ARN that is needed. `code` is for programs, `cause` and `fix` for people."""

    def __init__(self, code: str, cause: str, fix: str) -> None:
        super().__init__(f"{cause} {fix}")
        self.code, self.cause, self.fix = code, cause, fix


@dataclass(frozen=True, slots=True)
class KeyArn:
    """The ARN of one key."""

    partition: str
    region: str
    account: str
    key_id: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:kms:{self.region}:{self.account}:key/{self.key_id}"

    @property
    def is_multi_region(self) -> bool:
        """Return whether it may have replicas in other Regions."""
        return self.key_id.startswith("mrk-")

    def in_region(self, region: str) -> "KeyArn":
        """Return the ARN of the replica in another Region."""
        return KeyArn(self.partition, region, self.account, self.key_id)


def parse_key(text: str, *, partition: str = "", multi_region: bool = True) -> KeyArn:
    """Return the parts of a key's ARN. `partition` is the only one accepted, if it is given.

    Raises:
        BadArn: it is no ARN of a key, of another partition, or of a multi-Region key where none is wanted.
    """
    parts = _parts(text)
    _, found, service, region, account, resource = parts
    if service != "kms":
        raise BadArn("service", f'This is an ARN of "{service}".', "Copy the ARN of a KMS key.")
    _require_place(found, region, account, wanted=partition)
    key_id = _key_id(resource)
    if MULTI_REGION.fullmatch(key_id) and not multi_region:
        raise BadArn(
            "multi-region",
            "This is a multi-Region key: its replicas are disabled one by one.",
            "Use a key of one Region, or choose replicas knowingly.",
        )
    return KeyArn(found, region, account, key_id)


def parse_role(text: str, *, partition: str = "") -> str:
    """Return the ARN of an IAM role, checked.

    Raises:
        BadArn: it is none.
    """
    _, found, service, region, account, resource = _parts(text)
    if service != "iam" or region or not ROLE.fullmatch(resource) or not ACCOUNT.fullmatch(account):
        raise BadArn(
            "role", "This is not the ARN of an IAM role.", "It looks like arn:aws:iam::111122223333:role/NAME."
        )
    if partition and found != partition:
        raise _foreign(found, partition)
    return text


def _parts(text: str) -> list[str]:
    if not text:
        raise BadArn("empty", "The key's ARN is missing.", f"It looks like {EXAMPLE}.")
    if text != text.strip() or not text.isascii() or not text.isprintable() or " " in text:
        raise BadArn("characters", "The ARN holds a space or a character that no ARN has.", "Copy it again.")
    if len(text) > ARN_CHARACTERS:
        raise BadArn("length", f"The ARN is longer than {ARN_CHARACTERS} characters.", "Copy it again.")
    if text.startswith("alias/"):
        raise _alias()
    parts = text.split(":", PARTS - 1)
    if parts[0] != "arn":
        is_id = UUID.fullmatch(text) or MULTI_REGION.fullmatch(text)
        cause = "This is a key's id: it says neither account nor Region." if is_id else "This is not an ARN."
        raise BadArn("key-id" if is_id else "no-arn", cause, f"Copy the whole ARN: {EXAMPLE}.")
    if len(parts) != PARTS:
        raise BadArn("parts", "The ARN is not complete.", f"It has six parts: {EXAMPLE}.")
    return parts


def _require_place(partition: str, region: str, account: str, *, wanted: str) -> None:
    if not ACCOUNT.fullmatch(account):
        raise BadArn("account", "The account in the ARN is not 12 digits.", "Copy the ARN again.")
    if not REGION.fullmatch(region):
        raise BadArn("region", f'"{region}" is not a Region.', "Copy the ARN again; KMS keys have a Region.")
    real = next((name for prefix, name in PARTITIONS.items() if region.startswith(prefix)), "aws")
    if partition != real:
        raise BadArn("partition-region", f"{region} is in {real}, not in {partition}.", "Copy the ARN again.")
    if wanted and partition != wanted:
        raise _foreign(partition, wanted)


def _key_id(resource: str) -> str:
    kind, _, name = resource.partition("/")
    if kind == "alias":
        raise _alias()
    if kind != "key" or not name:
        raise BadArn("resource", f'"{resource}" is not a key.', "The last part of the ARN is key/ and the key's id.")
    if not UUID.fullmatch(name) and not MULTI_REGION.fullmatch(name):
        raise BadArn(
            "key-id-form", f'"{name}" is not a key\'s id.', "It is a UUID, or mrk- and 32 digits, in small letters."
        )
    return name


def _alias() -> BadArn:
    return BadArn(
        "alias",
        "This is an alias: it can be pointed at another key without notice.",
        "Copy the ARN of the key itself, with key/ in it.",
    )


def _foreign(found: str, wanted: str) -> BadArn:
    return BadArn(
        "partition", f"The ARN is of the partition {found}.", f"This portal's account is in {wanted}: use a key there."
    )
