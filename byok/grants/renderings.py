"""The same grant as a key policy, AWS CLI lines, CloudFormation, Terraform and CDK.

All five carry the statements of `statements.py` as JSON, which each of these languages can hold as it is; nothing is
written twice. What must not be run by halves stands in one file.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from byok.grants.statements import POLICY_VERSION, Grant, key_policy, trust_policy

ACCOUNT_PLACEHOLDER = "111122223333"
"""Stands where the customer's account is not known yet; never a real account of anybody (AWS's own example number)."""

DESCRIPTION = "ASCEND BYOK encryption key"


@dataclass(frozen=True, slots=True)
class Target:
    """Where the grant is applied: the customer's account, and the key if it exists already."""

    account_id: str = ACCOUNT_PLACEHOLDER
    partition: str = "aws"
    region: str = "us-east-1"
    key_arn: str = ""

    @property
    def account_root(self) -> str:
        """The principal that stands for the account's own administrators."""
        return f"arn:{self.partition}:iam::{self.account_id}:root"


@dataclass(frozen=True, slots=True)
class Rendering:
    """One file: its tab, its name for the download, and its text."""

    slug: str
    title: str
    file_name: str
    text: str


def policy_json(grant: Grant, target: Target) -> str:
    """Return the key policy as the console takes it."""
    return _json(key_policy(grant, target.account_root))


def aws_cli(grant: Grant, target: Target) -> str:
    """Return the lines that make the key, or take the one that exists, and put the policy on it."""
    make = (
        f'KEY_ARN="{target.key_arn}"'
        if target.key_arn
        else f"""KEY_ARN=$(aws kms create-key --region {target.region} \\
  --description "{DESCRIPTION}" \\
  --key-usage ENCRYPT_DECRYPT \\
  --origin AWS_KMS \\
  --query KeyMetadata.Arn --output text)"""
    )
    return f"""set -eu
{make}
cat > ascend-key-policy.json <<'POLICY'
{policy_json(grant, target)}
POLICY
aws kms put-key-policy --region {target.region} --key-id "$KEY_ARN" \\
  --policy-name default --policy file://ascend-key-policy.json
aws kms enable-key-rotation --region {target.region} --key-id "$KEY_ARN"
echo "$KEY_ARN"
"""


def cloudformation(grant: Grant, _target: Target) -> str:
    """Return a template that makes the key in the account and region where it is deployed."""
    root = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
    key = {
        "Type": "AWS::KMS::Key",
        # A deleted stack must not delete the key: everything under it would be lost.
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "Description": DESCRIPTION,
            "KeyUsage": "ENCRYPT_DECRYPT",
            "EnableKeyRotation": True,
            "KeyPolicy": key_policy(grant, root),
        },
    }
    return _json(
        {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": DESCRIPTION,
            "Resources": {"AscendKey": key},
            "Outputs": {"KeyArn": {"Value": {"Fn::GetAtt": ["AscendKey", "Arn"]}}},
        }
    )


def terraform(grant: Grant, _target: Target) -> str:
    """Return a configuration that makes the key in the account of the provider in use."""
    policy = _json(key_policy(grant, _TERRAFORM_ROOT))
    return f"""data "aws_caller_identity" "owner" {{}}
data "aws_partition" "owner" {{}}

resource "aws_kms_key" "ascend" {{
  description         = "{DESCRIPTION}"
  key_usage           = "ENCRYPT_DECRYPT"
  enable_key_rotation = true

  policy = jsonencode({_indented(policy, 2)})

  lifecycle {{
    prevent_destroy = true
  }}
}}

output "key_arn" {{
  value = aws_kms_key.ascend.arn
}}
"""


def cdk(grant: Grant, _target: Target) -> str:
    """Return a CDK stack in TypeScript. CDK writes the owner's statement itself, if it is given no whole policy."""
    statements = ",\n".join(_json(statement) for statement in grant.statements())
    return f"""import {{ CfnOutput, RemovalPolicy, Stack, StackProps }} from "aws-cdk-lib";
import {{ PolicyStatement }} from "aws-cdk-lib/aws-iam";
import {{ Key }} from "aws-cdk-lib/aws-kms";
import {{ Construct }} from "constructs";

const STATEMENTS = [
{statements}
];

export class AscendKeyStack extends Stack {{
  constructor(scope: Construct, id: string, props?: StackProps) {{
    super(scope, id, props);
    const key = new Key(this, "AscendKey", {{
      description: "{DESCRIPTION}",
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    }});
    for (const statement of STATEMENTS) {{
      key.addToResourcePolicy(PolicyStatement.fromJson(statement));
    }}
    new CfnOutput(this, "KeyArn", {{ value: key.keyArn }});
  }}
}}
"""


def role_cli(grant: Grant, target: Target, *, portal_principal: str, role_name: str) -> str:
    """Return the lines for a role of the customer that the portal assumes, with this organization's external id."""
    permissions = {
        "Version": POLICY_VERSION,
        "Statement": list(grant.statements(target.key_arn or "*", names_principal=False)),
    }
    return f"""set -eu
cat > ascend-trust.json <<'POLICY'
{_json(trust_policy(portal_principal, str(grant.organization_id)))}
POLICY
cat > ascend-permissions.json <<'POLICY'
{_json(permissions)}
POLICY
aws iam create-role --role-name {role_name} --assume-role-policy-document file://ascend-trust.json
aws iam put-role-policy --role-name {role_name} --policy-name ascend --policy-document file://ascend-permissions.json
"""


_RENDERERS: tuple[tuple[str, str, str, Callable[[Grant, Target], str]], ...] = (
    ("policy", "Key policy (JSON)", "ascend-key-policy.json", policy_json),
    ("cli", "AWS CLI", "ascend-key.sh", aws_cli),
    ("cloudformation", "CloudFormation", "ascend-key.template.json", cloudformation),
    ("terraform", "Terraform", "ascend-key.tf", terraform),
    ("cdk", "CDK (TypeScript)", "ascend-key-stack.ts", cdk),
)

_TERRAFORM_ROOT = "arn:${data.aws_partition.owner.partition}:iam::${data.aws_caller_identity.owner.account_id}:root"


def renderings(grant: Grant, target: Target) -> tuple[Rendering, ...]:
    """Return all five, in the order of the tabs."""
    return tuple(Rendering(slug, title, name, render(grant, target)) for slug, title, name, render in _RENDERERS)


def _json(value: Mapping[str, object]) -> str:
    return json.dumps(value, indent=2)


def _indented(text: str, spaces: int) -> str:
    return text.replace("\n", "\n" + " " * spaces)
