"""Key policies and trust policies. What this server cannot evaluate it refuses, so no test rests on it by chance."""

import fnmatch
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ascend.testing.kms.refusals import Refusal

Values = Mapping[str, Sequence[str]]
CONTEXT_PREFIX = "kms:EncryptionContext:"
CONDITION_KEYS = frozenset(
    {
        "kms:EncryptionContextKeys", "kms:CallerAccount", "kms:ViaService", "aws:PrincipalArn", "aws:PrincipalAccount",
        "aws:SourceIp", "sts:ExternalId", "kms:ReEncryptOnSameKey",
    }
)  # fmt: skip


def _equals(found: str, wanted: str) -> bool:
    return found == wanted


def _like(found: str, wanted: str) -> bool:
    return fnmatch.fnmatchcase(found, wanted.replace("[", "[[]"))


def _equals_ignoring_case(found: str, wanted: str) -> bool:
    return found.lower() == wanted.lower()


MATCHERS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": _equals,
    "StringLike": _like,
    "StringEqualsIgnoreCase": _equals_ignoring_case,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": _equals_ignoring_case,
}
SETS = ("", "ForAnyValue:", "ForAllValues:")


@dataclass(frozen=True)
class Request:
    """Who asks for what, and the values that conditions may look at."""

    action: str
    principal_arns: frozenset[str]
    unique_id: str
    account: str
    values: Values


@dataclass(frozen=True)
class Condition:
    """One operator on one key with the values that it is compared to."""

    operator: str
    key: str
    wanted: tuple[str, ...]

    def holds(self, values: Values) -> bool:
        """Return whether it is fulfilled."""
        found = values.get(self.key)
        operator = self.operator.removesuffix("IfExists")
        if operator == "Null":
            return (found is None) == (self.wanted[0].lower() == "true")
        if found is None and self.operator.endswith("IfExists"):
            return True
        quantifier, _, bare = operator.rpartition(":")
        is_negative = bare.startswith("StringNot")
        matches = MATCHERS[bare.replace("StringNot", "String")]
        one = [any(matches(value, wanted) for wanted in self.wanted) != is_negative for value in found or ()]
        if quantifier == "ForAllValues":
            return all(one)
        # An absent key fulfils only what says that it must not be so.
        return any(one) if found else is_negative


@dataclass(frozen=True)
class Statement:
    """One statement. `principals` maps each ARN to the unique id that it had when the policy was put."""

    allows: bool
    actions: tuple[str, ...]
    principals: Mapping[str, str]
    conditions: tuple[Condition, ...]

    def covers(self, request: Request) -> bool:
        """Return whether it says anything about this request."""
        return (
            any(_like(request.action.lower(), action.lower()) for action in self.actions)
            and any(self._names(request, arn) for arn in self.principals)
            and all(condition.holds(request.values) for condition in self.conditions)
        )

    def _names(self, request: Request, arn: str) -> bool:
        if arn == "*" or arn in {request.account, f"arn:aws:iam::{request.account}:root"}:
            return True
        return arn in request.principal_arns and self.principals[arn] in {"", request.unique_id}


@dataclass(frozen=True)
class Policy:
    """A whole policy document."""

    text: str
    statements: tuple[Statement, ...]

    @classmethod
    def parse(cls, text: str, unique_id_of: Callable[[str], str]) -> "Policy":
        """Read a policy; `unique_id_of` gives the id of a principal that exists.

        Raises:
            Refusal: MalformedPolicyDocumentException, also for what this server does not evaluate.
        """
        try:
            statements = _listed(json.loads(text)["Statement"])
            return cls(text, tuple(_statement(statement, unique_id_of) for statement in statements))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise malformed(f"not understood: {error!r}") from error

    def decides(self, request: Request) -> bool | None:
        """Return True for allowed, False for denied by a statement, None for nothing said."""
        covering = [statement for statement in self.statements if statement.covers(request)]
        if any(not statement.allows for statement in covering):
            return False
        return True if covering else None


def malformed(message: str) -> Refusal:
    """Return the refusal of a policy."""
    return Refusal("MalformedPolicyDocumentException", message)


def owner_policy(account: str) -> str:
    """Return the policy of a key that nobody said anything about: its account decides."""
    return json.dumps({"Version": "2012-10-17", "Statement": [owner_statement(account)]})


def owner_statement(account: str) -> dict[str, Any]:
    """Return the statement that gives a key to its account."""
    principal = {"AWS": f"arn:aws:iam::{account}:root"}
    return {"Sid": "Owner", "Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"}


def _statement(raw: dict[str, Any], unique_id_of: Callable[[str], str]) -> Statement:
    unknown = set(raw) - {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
    if unknown or raw["Effect"] not in {"Allow", "Deny"}:
        raise malformed(f"this server evaluates no {', '.join(sorted(unknown)) or 'such effect'}")
    principal = raw["Principal"]
    arns = ["*"] if principal == "*" else _listed(principal["AWS"])
    return Statement(
        allows=raw["Effect"] == "Allow",
        actions=tuple(_listed(raw["Action"])),
        principals={arn: unique_id_of(arn) for arn in arns},
        conditions=tuple(_conditions(raw.get("Condition", {}))),
    )


def _conditions(raw: dict[str, dict[str, Any]]) -> list[Condition]:
    found = []
    for operator, tests in raw.items():
        for key, wanted in tests.items():
            _require_known(operator, key)
            found.append(Condition(operator, key, tuple(map(str, _listed(wanted)))))
    return found


def _require_known(operator: str, key: str) -> None:
    bare = operator.removesuffix("IfExists").replace("StringNot", "String")
    known = {f"{quantifier}{matcher}" for quantifier in SETS for matcher in MATCHERS} | {"Null"}
    if bare not in known or (key not in CONDITION_KEYS and not key.startswith(CONTEXT_PREFIX)):
        raise malformed(f"this server does not evaluate {operator} on {key}")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
