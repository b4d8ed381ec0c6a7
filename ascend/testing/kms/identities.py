"""Who calls: accounts, roles, and the credentials that stand for them."""

import fnmatch
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from ascend.testing.kms.clock import Clock
from ascend.testing.kms.policy import Policy, Request, malformed
from ascend.testing.kms.refusals import FORBIDDEN, Refusal

ROOT_SECRET = "test"  # noqa: S105  (what everybody may know: the server holds nothing worth a secret)
ACCOUNT = re.compile(r"\d{12}")
ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):role/(?:[\w+=,.@/-]*/)?([\w+=,.@-]{1,64})")
SESSION_SECONDS = 3600


@dataclass(eq=False)
class Role:
    """A role of an account. Deleted and made again it has the same ARN and another unique id."""

    arn: str
    trust: Policy | None
    allows: tuple[str, ...] = ("kms:*", "sts:*")
    unique_id: str = field(default_factory=lambda: f"AROA{secrets.token_hex(8).upper()}")

    @property
    def account(self) -> str:
        """Return the account that it belongs to."""
        return self.arn.split(":")[4]


@dataclass(frozen=True)
class Credentials:
    """An access key; `token` is empty for an account's root. Pass `as_arguments()` to `boto3.client`."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)

    def as_arguments(self) -> dict[str, str]:
        """Return them under the names that boto3 gives them."""
        named = {"aws_access_key_id": self.access_key, "aws_secret_access_key": self.secret_key}
        return named | ({"aws_session_token": self.token} if self.token else {})


@dataclass(frozen=True)
class Caller:
    """Who signed a request."""

    arn: str
    account: str
    user_id: str
    role: Role | None = None

    def may(self, action: str) -> bool:
        """Return whether the caller's own permissions allow the action. An account's root may everything."""
        return self.role is None or any(fnmatch.fnmatchcase(action, pattern) for pattern in self.role.allows)

    def request(self, action: str, values: Mapping[str, list[str]]) -> Request:
        """Return what policies are asked about."""
        arns = {self.arn} | ({self.role.arn} if self.role is not None else set())
        about = {
            "kms:CallerAccount": [self.account],
            "aws:PrincipalAccount": [self.account],
            "aws:PrincipalArn": sorted(arns - {self.arn}) or [self.arn],
            **values,
        }
        return Request(
            action, frozenset(arns), self.role.unique_id if self.role is not None else "", self.account, about
        )


@dataclass(frozen=True)
class _Session:
    credentials: Credentials
    caller: Caller
    ends_at: float


class Identities:
    """All roles and sessions. The access key of an account's root is its twelve digits, the secret `test`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._roles: dict[str, Role] = {}
        self._sessions: dict[str, _Session] = {}

    def add_role(self, arn: str, *, trust: str | None = None, allows: tuple[str, ...] = ("kms:*", "sts:*")) -> Role:
        """Make a role, or make it again under a new unique id. `trust` is its trust policy."""
        if not ROLE_ARN.fullmatch(arn):
            raise malformed(f"{arn} is no role")
        parsed = Policy.parse(trust, self.unique_id_of) if trust is not None else None
        role = self._roles[arn] = Role(arn, parsed, allows)
        return role

    def remove_role(self, arn: str) -> None:
        """Delete a role; its sessions end."""
        self._roles.pop(arn)

    def unique_id_of(self, arn: str) -> str:
        """Return the id that a policy keeps for a principal: empty where the ARN itself stands for it.

        Raises:
            Refusal: MalformedPolicyDocumentException; a policy cannot name who does not exist.
        """
        if arn == "*" or ACCOUNT.fullmatch(arn) or re.fullmatch(r"arn:aws[a-z-]*:iam::\d{12}:root", arn):
            return ""
        if arn in self._roles:
            return self._roles[arn].unique_id
        raise malformed(f"The new key policy contains an invalid principal: {arn}")

    def role(self, arn: str) -> Role | None:
        """Return the role with this ARN."""
        return self._roles.get(arn)

    def open_session(self, role: Role, name: str, *, seconds: float = SESSION_SECONDS) -> Credentials:
        """Return new credentials of the role."""
        credentials = Credentials(
            f"ASIA{secrets.token_hex(8).upper()}", secrets.token_urlsafe(30), secrets.token_urlsafe(60)
        )
        session_arn = role.arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")
        caller = Caller(f"{session_arn}/{name}", role.account, f"{role.unique_id}:{name}", role)
        self._sessions[credentials.access_key] = _Session(credentials, caller, self._clock.now() + seconds)
        return credentials

    def secret_of(self, access_key: str, token: str) -> str:
        """Return the secret of an access key.

        Raises:
            Refusal: nobody has it, or its session is over.
        """
        if ACCOUNT.fullmatch(access_key):
            return ROOT_SECRET
        session = self._sessions.get(access_key)
        if session is None or not secrets.compare_digest(session.credentials.token, token):
            raise Refusal("UnrecognizedClientException", "The security token included in the request is invalid.")
        if self._clock.now() >= session.ends_at:
            raise Refusal("ExpiredTokenException", "The security token included in the request is expired.")
        return session.credentials.secret_key

    def caller_of(self, access_key: str) -> Caller:
        """Return who has an access key, after `secret_of`."""
        if ACCOUNT.fullmatch(access_key):
            return Caller(f"arn:aws:iam::{access_key}:root", access_key, access_key)
        caller = self._sessions[access_key].caller
        if caller.role is None or self._roles.get(caller.role.arn) is not caller.role:
            raise Refusal("InvalidClientTokenId", "The role of this session was deleted.", status=FORBIDDEN)
        return caller
