"""What a key admin applies: one source, five renderings, and nothing wider than it must be."""

import json
import re
from typing import Any
from uuid import UUID

import pytest

from byok.grants.renderings import Target, renderings, role_cli
from byok.grants.statements import Grant

ALICE = UUID("11111111-1111-4111-8111-111111111111")
PORTAL = "arn:aws:iam::999988887777:role/ascend-byok-service"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/8f2c0a4e-77b1-4c0e-9a61-2f6d0c1e0b7a"
GRANT = Grant(principal_arn=PORTAL, organization_id=ALICE, deployment="northwind-production")
TARGET = Target(account_id="123456789012", region="eu-central-1", key_arn=KEY)


def texts() -> dict[str, str]:
    return {rendering.slug: rendering.text for rendering in renderings(GRANT, TARGET)}


def heredoc(text: str, name: str) -> Any:
    return json.loads(re.search(rf"cat > {name} <<'POLICY'\n(.*?)\nPOLICY\n", text, re.DOTALL)[1])  # type: ignore[index]


def statements_in(slug: str) -> list[dict[str, Any]]:
    """Return what the rendering would put on the key, without the owner's own statement."""
    text = texts()[slug]
    found: Any
    match slug:
        case "policy":
            found = json.loads(text)["Statement"]
        case "cli":
            found = heredoc(text, "ascend-key-policy.json")["Statement"]
        case "cloudformation":
            found = json.loads(text)["Resources"]["AscendKey"]["Properties"]["KeyPolicy"]["Statement"]
        case "terraform":
            found = json.loads(re.search(r"jsonencode\((.*?\n {2}\})\)", text, re.DOTALL)[1])["Statement"]  # type: ignore[index]
        case "cdk":
            found = json.loads(re.search(r"const STATEMENTS = (\[.*?\n\]);", text, re.DOTALL)[1])  # type: ignore[index]
    return [statement for statement in found if statement["Sid"].startswith("Ascend")]


class TestRenderings:
    @pytest.mark.parametrize("slug", ["policy", "cli", "cloudformation", "terraform", "cdk"])
    def test_each_carries_exactly_the_same_statements(self, slug: str) -> None:
        assert statements_in(slug) == [dict(statement) for statement in GRANT.statements()]

    def test_there_are_five(self) -> None:
        assert list(texts()) == ["policy", "cli", "cloudformation", "terraform", "cdk"]

    @pytest.mark.parametrize("slug", ["policy", "cli", "cloudformation", "terraform"])
    def test_a_whole_policy_leaves_the_owner_in_charge(self, slug: str) -> None:
        assert "OwnerAdministersTheKey" in texts()[slug]

    def test_the_cli_takes_the_key_that_exists(self) -> None:
        assert f'KEY_ARN="{KEY}"' in texts()["cli"]
        assert "create-key" not in texts()["cli"]

    def test_the_cli_makes_a_key_where_there_is_none(self) -> None:
        made = {rendering.slug: rendering.text for rendering in renderings(GRANT, Target(region="eu-west-1"))}
        assert "aws kms create-key --region eu-west-1" in made["cli"]

    @pytest.mark.parametrize("slug", ["cloudformation", "terraform", "cdk"])
    def test_deleting_the_stack_keeps_the_key(self, slug: str) -> None:
        assert re.search(r"Retain|prevent_destroy = true|RemovalPolicy.RETAIN", texts()[slug])


class TestStatements:
    def test_every_call_on_data_names_the_organization_and_the_deployment(self) -> None:
        for statement in GRANT.statements()[:2]:
            equals: Any = statement["Condition"]["StringEquals"]  # type: ignore[index]
            assert equals["kms:EncryptionContext:ascend:organization"] == str(ALICE)
            assert equals["kms:EncryptionContext:ascend:deployment"] == "northwind-production"

    def test_the_portal_may_not_make_a_proof_of_control(self) -> None:
        wrapping: Any = GRANT.statements()[0]
        purposes = wrapping["Condition"]["StringEquals"]["kms:EncryptionContext:ascend:purpose"]
        assert "kms:Encrypt" in wrapping["Action"]
        assert purposes == ["wrap", "probe", "anchor"]

    def test_nothing_that_changes_the_key_is_asked_for(self) -> None:
        actions = {action for statement in GRANT.statements() for action in statement["Action"]}  # type: ignore[attr-defined]
        assert actions == {
            "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptTo",
            "kms:Decrypt", "kms:ReEncryptFrom", "kms:DescribeKey", "kms:GetKeyRotationStatus",
        }  # fmt: skip

    def test_another_organization_gets_other_conditions(self) -> None:
        other = Grant(principal_arn=PORTAL, organization_id=UUID(int=2), deployment="northwind-production")
        assert [dict(s) for s in other.statements()][:2] != [dict(s) for s in GRANT.statements()][:2]


class TestRole:
    def test_the_role_is_assumed_with_the_organizations_own_external_id(self) -> None:
        text = role_cli(GRANT, TARGET, portal_principal=PORTAL, role_name="ascend")
        trust = heredoc(text, "ascend-trust.json")["Statement"][0]
        assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": str(ALICE)}}
        assert trust["Principal"] == {"AWS": PORTAL}

    def test_the_role_reaches_the_one_key_only(self) -> None:
        text = role_cli(GRANT, TARGET, portal_principal=PORTAL, role_name="ascend")
        permissions = heredoc(text, "ascend-permissions.json")["Statement"]
        assert {statement["Resource"] for statement in permissions} == {KEY}
        assert all("Principal" not in statement for statement in permissions)
