"""The admin's search box over pieces of names, whole numbers and too little."""

import pytest
from django.contrib import admin
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.test import RequestFactory, override_settings

from ascend.fields import OperationRefused
from ascend.fields.admin import EncryptedSearch


@pytest.fixture
def members(people):
    people.Member.objects.bulk_create(
        [
            people.Member(name=name, phone=phone)
            for name, phone in (("Ada Lovelace", "030 1234567"), ("Li Lovell", None))
        ]
    )
    return people.Member


@pytest.fixture
def request_of_an_admin():
    request = RequestFactory().get("/")
    request.session = {}
    request._messages = FallbackStorage(request)
    return request


def admin_of(model, *bases):
    return type("MemberAdmin", (*bases, admin.ModelAdmin), {"search_fields": ["name", "phone__digits"]})(
        model, admin.AdminSite()
    )


def found(model_admin, request, text):
    rows, _ = model_admin.get_search_results(request, model_admin.model.objects.all(), text)
    return {row.name for row in rows}


@pytest.mark.parametrize("bases", [(), (EncryptedSearch,)])
@pytest.mark.parametrize(
    ("text", "expected"),
    [("love", {"Ada Lovelace", "Li Lovell"}), ("love ada", {"Ada Lovelace"}), ("0301234567", {"Ada Lovelace"}),
     ("zebra", set()), ("", {"Ada Lovelace", "Li Lovell"})],
)  # fmt: skip
def test_it_finds_pieces_of_names_and_whole_numbers(members, request_of_an_admin, bases, text, expected):
    assert found(admin_of(members, *bases), request_of_an_admin, text) == expected
    assert not list(get_messages(request_of_an_admin))


def test_too_little_is_refused(members, request_of_an_admin):
    with pytest.raises(OperationRefused):
        found(admin_of(members), request_of_an_admin, "li")


@pytest.mark.parametrize(("text", "most", "says"), [("li", 9, "at least 3 letters"), ("love", 1, "more than 1 rows")])
def test_the_mixin_says_so_above_an_empty_list(members, request_of_an_admin, text, most, says):
    with override_settings(ASCEND_SECOND_PASS_ROWS=most):
        assert found(admin_of(members, EncryptedSearch), request_of_an_admin, text) == set()
    (message,) = get_messages(request_of_an_admin)
    assert says in str(message)
    assert text not in str(message).replace("limit", "")
