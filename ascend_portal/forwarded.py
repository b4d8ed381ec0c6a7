"""Whose request it is when it came through a proxy."""

from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest, HttpResponse

FORWARDED_HEADERS = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED")


class ForwardedMiddleware:
    """Makes REMOTE_ADDR the client's address.

    Only the proxies of TRUSTED_PROXIES are believed. What anybody else says about where a request
    comes from, or that it came over https, is removed before something can rely on it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Take the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Put the client's address in place, then handle the request."""
        proxies: tuple[str, ...] = settings.TRUSTED_PROXIES
        networks = [ip_network(network) for network in proxies]
        if _is_in(str(request.META.get("REMOTE_ADDR", "")), networks):
            request.META["REMOTE_ADDR"] = _client_address(request, networks)
        else:
            for header in FORWARDED_HEADERS:
                request.META.pop(header, None)
        return self.get_response(request)


def _client_address(request: HttpRequest, networks: list[IPv4Network | IPv6Network]) -> str:
    """Return the last address of the chain that is not one of our proxies: those before it can be invented."""
    chain = [part.strip() for part in str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",") if part.strip()]
    foreign = [address for address in chain if not _is_in(address, networks)]
    return foreign[-1] if foreign and _is_address(foreign[-1]) else str(request.META["REMOTE_ADDR"])


def _is_in(address: str, networks: list[IPv4Network | IPv6Network]) -> bool:
    return _is_address(address) and any(ip_address(address) in network for network in networks)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
