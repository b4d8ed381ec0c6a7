"""Whose address a request has behind a proxy, and in front of a liar."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from ascend_portal.forwarded import ForwardedMiddleware

PROXY, STRANGER, CLIENT = "10.0.0.5", "203.0.113.9", "198.51.100.7"


@pytest.fixture(autouse=True)
def trusted(settings):
    settings.TRUSTED_PROXIES = ("10.0.0.0/24", "2001:db8::/32")


def seen(**meta: str) -> HttpRequest:
    request = RequestFactory().get("/", **meta)
    ForwardedMiddleware(lambda _request: HttpResponse())(request)
    return request


def test_a_trusted_proxy_names_the_client():
    assert seen(REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_FOR=CLIENT).META["REMOTE_ADDR"] == CLIENT


def test_a_stranger_cannot_name_another_client_nor_claim_https(settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    request = seen(REMOTE_ADDR=STRANGER, HTTP_X_FORWARDED_FOR=CLIENT, HTTP_X_FORWARDED_PROTO="https")
    assert request.META["REMOTE_ADDR"] == STRANGER
    assert not request.is_secure()


def test_an_address_that_the_client_put_in_front_is_not_believed():
    request = seen(REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_FOR=f"127.0.0.1, {CLIENT}, 10.0.0.6")
    assert request.META["REMOTE_ADDR"] == CLIENT


@pytest.mark.parametrize("header", ["", "unknown", "10.0.0.7"])
def test_without_a_usable_header_the_address_is_the_proxy_itself(header):
    assert seen(REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_FOR=header).META["REMOTE_ADDR"] == PROXY


def test_a_unix_socket_has_no_address_and_is_not_trusted():
    assert seen(REMOTE_ADDR="", HTTP_X_FORWARDED_FOR=CLIENT).META["REMOTE_ADDR"] == ""
