"""The fixtures and the assertion that a project's own tests get, tried in a project of pytest's making."""

import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
PLUGIN = "ascend.testing.pytest_plugin"
SETTINGS = """
SECRET_KEY = "x"
USE_TZ = True
INSTALLED_APPS = ["ascend", "shop"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ASCEND_DEPLOYMENT = "shop-tests"
ASCEND_REGISTRY_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
ASCEND_DEFAULT_ORGANIZATION = "6f0c1d52-7a0e-4f5e-9d5b-1f7f4d1f7a10"
"""
MODELS = """
import uuid
from django.db import models
from ascend.fields import EncryptedCharField, EncryptedIntegerField, EncryptedManager

class Customer(models.Model):
    name = models.CharField(max_length=40)
    ssn = EncryptedCharField(max_length=11, indexes=["exact"])
    visits = EncryptedIntegerField(default=0)
    objects = EncryptedManager()

class Patient(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    ssn = EncryptedCharField(max_length=11, bind="row")
    objects = EncryptedManager()
"""


@pytest.fixture
def project(pytester, monkeypatch):
    """A Django project whose tests are given, run by a pytest of their own."""
    for variable in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "COV_CORE_SOURCE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "shop_settings")
    monkeypatch.setenv("PYTHONPATH", f"{pytester.path}:{ROOT}")
    pytester.makepyfile(shop_settings=SETTINGS)
    shop = pytester.mkpydir("shop")
    shop.joinpath("models.py").write_text(MODELS)
    installed = any(entry.value == PLUGIN for entry in entry_points(group="pytest11"))

    def run(test):
        pytester.makepyfile(test_shop=f"import pytest\npytestmark = pytest.mark.django_db\n{test}")
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *([] if installed else ["-p", PLUGIN]))

    return run


def test_the_package_registers_the_plugin():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"ascend": PLUGIN}


def test_the_keyring_needs_no_provider_and_keys_come_back_after_a_revocation(project):
    told = project("""
from django.db import transaction
from ascend.keychain.errors import KeyUnavailable
from ascend.scope import current_organization
from ascend.testing import assert_encrypted_at_rest
from shop.models import Customer, Patient

@pytest.mark.usefixtures("ascend_keyring")
def test_values_are_sealed():
    Customer.objects.create(name="Ada", ssn="123-45-6789", visits=123456)
    Patient.objects.create(ssn="123-45-6789")
    assert Customer.objects.get(ssn="123-45-6789").visits == 123456
    assert_encrypted_at_rest(Customer, "ssn", "123-45-6789")
    assert_encrypted_at_rest(Customer, "visits", 123456)
    assert_encrypted_at_rest(Patient, "ssn", "123-45-6789")

def test_a_revocation(ascend_key_revoked):
    Customer.objects.create(name="Ada", ssn="1")
    with ascend_key_revoked():
        with pytest.raises(KeyUnavailable):
            Customer.objects.get()
        with pytest.raises(KeyUnavailable), transaction.atomic():
            Customer.objects.create(name="Bob", ssn="2")
    with ascend_key_revoked(current_organization()), pytest.raises(KeyUnavailable):
        Customer.objects.get()
    assert Customer.objects.get().ssn == "1"
""")
    told.assert_outcomes(passed=2)


def test_the_assertion_fails_for_what_it_is_for_and_repeats_no_value(project):
    told = project("""
from django.db import connection
from ascend.testing import assert_encrypted_at_rest
from shop.models import Customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ascend_keyring")]

def refused(match, *arguments):
    with pytest.raises(AssertionError, match=match) as error:
        assert_encrypted_at_rest(*arguments)
    assert "123-45" not in str(error.value)

def test_a_copy_in_another_column():
    Customer.objects.create(name="is 123-45-6789", ssn="123-45-6789")
    refused('"name" shows the value', Customer, "ssn", "123-45-6789")

def test_plaintext_in_the_column():
    Customer.objects.create(name="Ada", ssn="123-45-6789")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE shop_customer SET ssn = '123-45-6789'")
    refused("no envelope", Customer, "ssn", "123-45-6789")

def test_a_value_that_no_row_has():
    refused("no row", Customer, "ssn", "123-45-6789")
    Customer.objects.create(name="Ada", ssn="1")
    refused("no row", Customer, "ssn", "123-45-6789")

def test_a_plain_field():
    refused("no encrypted field", Customer, "name", "123-45-6789")
""")
    told.assert_outcomes(passed=4)


def test_nothing_of_django_is_imported_before_a_test_asks(pytester, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    program = f"import sys, {PLUGIN}; assert not [name for name in sys.modules if name.startswith('django')]"
    assert pytester.runpython_c(program).ret == 0
