"""What people type for a key (PV-50): each wrong form is told apart, and what is right is taken as it is."""

import pytest

from ascend.providers.aws_kms import address, arn
from ascend.providers.aws_kms.arn import BadArn
from ascend.providers.contract import Operator

ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
MRK = "mrk-" + "0123456789abcdef" * 2
KEY = f"arn:aws:kms:eu-central-1:111122223333:key/{ID}"
MULTI = f"arn:aws:kms:eu-central-1:111122223333:key/{MRK}"
ROLE = "arn:aws:iam::111122223333:role/ascend/Access"

WRONG = [
    ("", "empty"),
    (f" {KEY}", "characters"),
    (f"{KEY}\n", "characters"),
    (KEY.replace("key/", "key /"), "characters"),
    (KEY.replace("1234abcd", "\uff11234abcd"), "characters"),
    (KEY + "a" * 300, "length"),
    (ID, "key-id"),
    (MRK, "key-id"),
    ("my key".replace(" ", "-"), "no-arn"),
    ("https://eu-central-1.console.aws.amazon.com/kms/home", "no-arn"),
    ("alias/ascend", "alias"),
    (KEY.replace(f"key/{ID}", "alias/ascend"), "alias"),
    ("arn:aws:kms:eu-central-1", "parts"),
    (ROLE, "service"),
    (KEY.replace(":kms:", ":s3:"), "service"),
    (KEY.replace("111122223333", "11112222333"), "account"),
    (KEY.replace("111122223333", ""), "account"),
    (KEY.replace("111122223333", "1111-2222-33"), "account"),
    (KEY.replace("eu-central-1", ""), "region"),
    (KEY.replace("eu-central-1", "frankfurt"), "region"),
    (KEY.replace("eu-central-1", "eu-central-1.evil.example"), "region"),
    (KEY.replace("eu-central-1", "cn-north-1"), "partition-region"),
    (KEY.replace("arn:aws:", "arn:aws-cn:"), "partition-region"),
    (KEY.replace("arn:aws:", "arn::"), "partition-region"),
    (KEY.replace("arn:aws:", "arn:aws-us-gov:").replace("eu-central-1", "us-gov-west-1"), "partition"),
    (KEY.replace("key/", "grant/"), "resource"),
    (KEY.replace(f"key/{ID}", "key/"), "resource"),
    (KEY.replace(f"key/{ID}", ID), "resource"),
    (KEY.replace(ID, ID.upper()), "key-id-form"),
    (KEY.replace(ID, "1234"), "key-id-form"),
    (KEY.replace(ID, f"{ID}/extra"), "key-id-form"),
    (KEY.replace(ID, "mrk-123"), "key-id-form"),
    (MULTI, "multi-region"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code"), WRONG, ids=[f"{code}-{number}" for number, (_, code) in enumerate(WRONG)])
def test_each_wrong_form_has_a_message_of_its_own(text, code):
    with pytest.raises(BadArn) as refusal:
        arn.parse_key(text, partition="aws", multi_region=False)
    assert refusal.value.code == code
    assert refusal.value.cause.endswith(".")
    assert refusal.value.fix.endswith(".")


def test_no_two_forms_share_a_message():
    messages = {}
    for text, code in WRONG:
        with pytest.raises(BadArn) as refusal:
            arn.parse_key(text, partition="aws", multi_region=False)
        messages.setdefault(code, set()).add(refusal.value.fix)
    assert len(messages) == 15


@pytest.mark.parametrize(
    "text",
    [KEY, MULTI, KEY.replace("arn:aws:", "arn:aws-cn:").replace("eu-central-1", "cn-north-1"),
     KEY.replace("arn:aws:", "arn:aws-us-gov:").replace("eu-central-1", "us-gov-east-1"),
     KEY.replace("eu-central-1", "ap-southeast-7")],
)  # fmt: skip
def test_a_right_one_is_taken_as_it_is(text):
    assert str(arn.parse_key(text)) == text


def test_a_replica_has_the_same_id_in_another_region():
    key = arn.parse_key(MULTI)
    assert key.is_multi_region
    assert str(key.in_region("eu-west-1")) == MULTI.replace("eu-central-1", "eu-west-1")


@pytest.mark.parametrize("text", [ROLE, "arn:aws:iam::111122223333:role/Access"])
def test_a_role_is_a_role(text):
    assert arn.parse_role(text) == text


@pytest.mark.parametrize(
    "text",
    [KEY, "arn:aws:iam::111122223333:user/a", "arn:aws:sts::111122223333:assumed-role/a/b", "arn:aws:iam::1:role/a",
     "arn:aws:iam::111122223333:role/", "arn:aws:iam:eu-west-1:111122223333:role/a"],
)  # fmt: skip
def test_what_is_no_role_is_refused(text):
    with pytest.raises(BadArn):
        arn.parse_role(text)


@pytest.mark.parametrize(
    "uri",
    [
        f"aws-kms:{KEY}",
        f"aws-kms:{KEY}?role={ROLE}&external_id={ID}",
        f"aws-kms:{MULTI}?replicas=eu-west-1,us-east-1",
        f"aws-kms:{MULTI}?role={ROLE}&external_id={ID}&replicas=eu-west-1",
    ],
)
def test_an_address_is_written_in_one_way(uri):
    """PV-51."""
    assert address.parse(uri).uri == uri


@pytest.mark.parametrize(
    "uri",
    [
        f"aws:{KEY}",
        f"aws-kms:{KEY}?",
        f"aws-kms:{KEY}?endpoint=https://evil.example",
        f"aws-kms:{KEY}?role={ROLE}",
        f"aws-kms:{KEY}?external_id={ID}",
        f"aws-kms:{KEY}?external_id={ID}&role={ROLE}",
        f"aws-kms:{KEY}?role={ROLE.replace('arn:aws:', 'arn:aws-cn:')}&external_id={ID}",
        f"aws-kms:{KEY}?replicas=eu-west-1",
        f"aws-kms:{MULTI}?replicas=eu-central-1",
        f"aws-kms:{MULTI}?replicas=eu-west-1,eu-west-1",
        f"aws-kms:{MULTI}?replicas=eu-west-1,eu-west-2,eu-west-3,us-east-1",
        f"aws-kms:{MULTI}?replicas=cn-north-1",
        f"aws-kms:{MULTI}?replicas=evil.example",
        "aws-kms:alias/ascend",
        "aws-kms:",
    ],
)
def test_another_address_is_refused(uri):
    with pytest.raises(Operator):
        address.parse(uri)
