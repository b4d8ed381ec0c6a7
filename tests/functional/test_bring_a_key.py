"""Kamila brings a key with openssl, Arjun computes its check value and confirms it; nothing else gets in."""

import re
import subprocess

import pytest
from django.test import Client
from django.urls import reverse

from accounts.roles import Role
from byok.models import Ceremony, Stage
from tests.contract.store_files import write
from tests.factories import accounts as make
from tests.factories import byok as held

pytestmark = pytest.mark.django_db


@pytest.fixture
def northwind():
    return make.organization()


@pytest.fixture
def kamila(northwind):
    return make.sign_in(Client(), make.member(northwind, "Kamila", Role.KEY_ADMIN))


@pytest.fixture
def arjun(northwind):
    return make.sign_in(Client(), make.member(northwind, "Arjun", Role.APPROVER))


@pytest.fixture
def offered(settings, tmp_path, openbao):
    write(tmp_path, "bao", kind="transit", address=openbao.url, ca=str(openbao.ca), token=openbao.token)
    settings.ASCEND_STORES_DIR = tmp_path
    settings.ASCEND_OUTBOUND_ALLOW = ("127.0.0.0/8", "::1")
    settings.BYOK_IMPORT_KEY = "transit:bao/{organization}-{ceremony}"


def printed(page, folder):
    """Run every line that the page prints, as printed, and return what the last one says."""
    from html import unescape

    said = ""
    for code in re.findall(r"<code[^>]*>(.*?)</code>", page, flags=re.DOTALL):
        argv = ["/bin/sh", "-ec", unescape(code)]
        said = subprocess.run(argv, cwd=folder, check=True, capture_output=True, text=True).stdout
    return said


def test_a_key_comes_in_by_two_people_and_the_lines_of_the_page(kamila, arjun, offered, tmp_path):
    folder = tmp_path / "owner"
    folder.mkdir()
    begun = kamila.post(reverse("byok:imports"), follow=True)
    ceremony = Ceremony.objects.get()
    file = kamila.get(reverse("byok:import_key", args=[ceremony.pk]))
    assert file["Content-Disposition"] == 'attachment; filename="wrapping-key.pem"'
    (folder / "wrapping-key.pem").write_bytes(file.content)
    wrapped = printed(begun.content.decode(), folder)

    page = reverse("byok:import", args=[ceremony.pk])
    brought = kamila.post(page, {"wrapped": wrapped}, follow=True).content.decode()
    assert "another person of your organization must confirm it" in brought
    value = printed(brought, folder)
    assert value in brought

    confirm = reverse("byok:import_confirm", args=[ceremony.pk])
    assert kamila.post(confirm, {"told": value}).status_code == 403
    wrong = arjun.post(confirm, {"told": "00" * 8})
    assert wrong.status_code == 422
    assert "holds another key" in wrong.content.decode()
    assert "The key is confirmed." in arjun.post(confirm, {"told": value.upper()}, follow=True).content.decode()
    ceremony.refresh_from_db()
    assert ceremony.stage == Stage.CONFIRMED
    assert "Confirmed by" in kamila.get(page).content.decode()


@pytest.mark.parametrize(
    ("wrapped", "said"), [("", "required"), ("!!", "base64"), ("AAAA", "3 bytes"), ("A" * 736, "does not open")]
)
def test_what_is_no_wrapped_key_is_refused_with_its_own_message(kamila, offered, wrapped, said):
    kamila.post(reverse("byok:imports"))
    ceremony = Ceremony.objects.get()
    answer = kamila.post(reverse("byok:import", args=[ceremony.pk]), {"wrapped": wrapped})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    ceremony.refresh_from_db()
    assert ceremony.stage == Stage.OPEN


def test_where_no_key_store_is_named_nothing_is_begun(kamila, settings):
    settings.BYOK_IMPORT_KEY = ""
    assert kamila.post(reverse("byok:imports")).status_code == 403
    assert "Bring a key" not in kamila.get(reverse("byok:imports")).content.decode()


def test_a_key_store_that_does_not_answer_is_said(kamila, settings, tmp_path):
    settings.ASCEND_STORES_DIR = tmp_path
    settings.BYOK_IMPORT_KEY = "transit:bao/{organization}-{ceremony}"
    answer = kamila.post(reverse("byok:imports"), follow=True)
    assert "bao.json cannot be read" in answer.content.decode()
    assert not Ceremony.objects.exists()


def test_an_approver_begins_and_brings_nothing(arjun, northwind, offered):
    ceremony = held.ceremony(northwind)
    for name, arguments in (("imports", []), ("import", [ceremony.pk]), ("import_cancel", [ceremony.pk])):
        assert arjun.post(reverse(f"byok:{name}", args=arguments)).status_code == 403


def test_a_stranger_of_another_organization_confirms_nothing(northwind):
    ceremony = held.ceremony(northwind)
    charlie = make.sign_in(Client(), make.member(make.organization("Kestrel Bank"), "Charlie", Role.KEY_ADMIN))
    for name in ("import", "import_confirm", "import_cancel"):
        assert charlie.post(reverse(f"byok:{name}", args=[ceremony.pk]), {"told": "00"}).status_code == 404


def test_an_import_that_was_given_up_is_over(kamila, offered):
    kamila.post(reverse("byok:imports"))
    ceremony = Ceremony.objects.get()
    listed = kamila.post(reverse("byok:import_cancel", args=[ceremony.pk]), follow=True).content.decode()
    assert "Cancelled" in listed
    assert "Nothing is to be done" in kamila.get(reverse("byok:import", args=[ceremony.pk])).content.decode()


def test_a_check_value_that_goes_along_is_asked_for_where_the_store_can_compare_it(kamila, northwind):
    ceremony = held.ceremony(northwind)
    page = kamila.get(reverse("byok:import", args=[ceremony.pk])).content.decode()
    assert 'name="told"' in page
    assert "openssl mac" in page
