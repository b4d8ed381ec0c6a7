"""Each check of the keychain finds what it is for, says what to do, and is silent otherwise."""

import pytest
from django.core import checks as django_checks

from ascend.keychain import checks


def found(**options):
    return {message.id: message for message in django_checks.run_checks(tags=["security"], **options)}


CASES = [
    ("ASCEND_DEPLOYMENT", "", "ascend.E001"),
    ("ASCEND_REGISTRY_KEY", "", "ascend.E002"),
    ("ASCEND_REGISTRY_KEY", "c2hvcnQ=", "ascend.E002"),
    ("ASCEND_REGISTRY_KEY", "not base64!", "ascend.E002"),
    ("ASCEND_REGISTRY_KEY", "A" * 87 + "=", "ascend.E002"),
    ("ASCEND_LEASE_SECONDS", 4, "ascend.E003"),
    ("ASCEND_LEASE_SECONDS", 301, "ascend.E003"),
    ("ASCEND_LEASE_SECONDS", "soon", "ascend.E003"),
    ("ASCEND_LOCAL_KEYS_DIR", "", "ascend.E004"),
    ("ASCEND_OUTBOUND_ALLOW", ["10.20.0.0/33"], "ascend.E007"),
    ("ASCEND_OUTBOUND_ALLOW", ["kms.example.com"], "ascend.E007"),
    ("ASCEND_AWS_CALLS_PER_SECOND", 0, "ascend.E007"),
    ("ASCEND_AWS_CALLS_PER_SECOND", "many", "ascend.E007"),
    ("ASCEND_PKCS11_TEST_PROFILE", True, "ascend.E006"),
    ("ASCEND_PKCS11_IV", "dice", "ascend.E006"),
    ("ASCEND_PKCS11_SECONDS", 0, "ascend.E006"),
]


@pytest.mark.parametrize(("name", "value", "message_id"), CASES)
def test_a_wrong_setting_is_an_error_with_a_hint(settings, name, value, message_id):
    assert message_id not in found()
    setattr(settings, name, value)
    message = found()[message_id]
    assert message.is_serious()
    assert message.hint
    is_number = name in {"ASCEND_LEASE_SECONDS", "ASCEND_PKCS11_SECONDS", "ASCEND_AWS_CALLS_PER_SECOND"}
    assert value == "" or str(value) not in message.msg or is_number


def test_the_local_provider_is_refused_for_a_deployment_and_not_before(settings):
    settings.ASCEND_PROVIDER = "local"
    assert "ascend.E005" not in found()
    message = found(include_deployment_checks=True)["ascend.E005"]
    assert message.is_serious()
    assert "ASCEND_PROVIDER" in message.hint


def test_another_provider_passes(settings):
    settings.ASCEND_PROVIDER = "aws-kms"
    settings.ASCEND_LOCAL_KEYS_DIR = ""
    assert not {"ascend.E004", "ascend.E005"} & found(include_deployment_checks=True).keys()


def test_every_id_has_a_test():
    ids = {value for name, value in vars(checks).items() if name.startswith("E00")}
    assert ids == {message_id for _, _, message_id in CASES} | {"ascend.E005"}


@pytest.mark.parametrize("name", ["ASCEND_PKCS11_MODULE", "ASCEND_PKCS11_PINS_DIR", "ASCEND_PKCS11_STATE_DIR"])
def test_an_hsm_for_new_organizations_needs_its_folders(settings, name):
    settings.ASCEND_PROVIDER = "pkcs11:token=byok;object={organization}"
    settings.ASCEND_PKCS11_MODULE = "/usr/lib/module.so"
    assert "ascend.E006" not in found()
    setattr(settings, name, None)
    assert name in found()["ascend.E006"].msg


def test_sha1_is_permitted_in_the_test_environment_alone(settings):
    settings.ASCEND_PKCS11_TEST_PROFILE = True
    settings.ASCEND_ENVIRONMENT = "test"
    assert "ascend.E006" not in found()
