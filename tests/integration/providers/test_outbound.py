"""Calls to addresses that a customer names: verified, bounded, and to nowhere that the operator did not allow.

PV-60: the address; PV-61: TLS; PV-62: one deadline and a size limit; PV-63: no redirects, no proxies.
"""

import ipaddress
import socket
import time

import pytest
import trustme

from ascend.providers import places
from ascend.providers.addresses import AddressRule
from ascend.providers.contract import Operator, Transient
from ascend.providers.outbound import Client
from tests.integration.providers.answering import AUTHORITY, AnsweringServer, drip, ok

HERE = AddressRule.of(["127.0.0.0/8", "::1"])


@pytest.fixture
def ca(tmp_path):
    path = tmp_path / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(path)
    return path


@pytest.fixture
def client(ca):
    def make(server, *, prefix="", **options):
        return Client(server.url + prefix, **{"rule": HERE, "ca": ca, **options})

    return make


def always(answer):
    return lambda connection, request: answer


def test_a_call_sends_its_body_and_returns_the_answer(client):
    with AnsweringServer(always(ok(b'{"it": "works"}', head=b"X-Request: 7\r\n"))) as server:
        answer = client(server, prefix="/v1/").post("/seal", json={"a": 1}, headers={"X-Token": "t"})
    assert (answer.status, answer.headers["x-request"], answer.json()) == (200, "7", {"it": "works"})
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/seal HTTP/1.1\r\n")
    assert f"Host: localhost:{server.port}".encode() in head
    assert b"X-Token: t" in head
    assert body == b'{"a":1}'


@pytest.mark.parametrize("status", ["302 Found", "307 Temporary Redirect", "400 Bad", "503 Away"])
def test_a_redirect_or_an_error_is_an_answer_and_nothing_follows_it(client, status):
    with AnsweringServer(always(ok(status=status, head=b"Location: https://example.com/\r\n"))) as server:
        assert client(server).get("/").status == int(status[:3])
    assert server.connections == 1


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.1.2.3", "224.0.0.1",
        "255.255.255.255", "240.0.0.1", "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::",
    ],
)  # fmt: skip
def test_no_address_of_a_private_network_is_permitted(address):
    assert not AddressRule().permits(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_permitted(address):
    assert AddressRule().permits(ipaddress.ip_address(address))


def test_an_allowed_network_is_permitted_and_its_neighbour_is_not():
    rule = AddressRule.of(["10.20.0.0/16"])
    assert rule.permits(ipaddress.ip_address("10.20.3.4"))
    assert rule.permits(ipaddress.ip_address("::ffff:10.20.3.4"))
    assert not rule.permits(ipaddress.ip_address("10.21.0.1"))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "127.1"])
def test_a_name_of_this_machine_is_refused_before_anything_connects(ca, host):
    with AnsweringServer(always(ok())) as server, pytest.raises(Operator, match="ASCEND_OUTBOUND_ALLOW"):
        Client(f"https://{host}:{server.port}", ca=ca).get("/")
    assert server.connections == 0


def test_the_address_that_was_checked_is_the_one_that_is_called(client, monkeypatch):
    """A name that answers differently the second time (DNS rebinding) reaches nothing else."""
    real, asked = socket.getaddrinfo, []

    def rebinding(host, *args, **options):
        asked.append(host)
        return real("127.0.0.1" if host in {"localhost", "127.0.0.1"} else host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with AnsweringServer(always(ok())) as server:
        assert client(server).get("/").status == 200
    assert asked == ["localhost", "127.0.0.1"]


def test_proxies_of_the_environment_are_not_used(client, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with AnsweringServer(always(ok())) as server:
        assert client(server).get("/").status == 200


def test_a_certificate_of_an_unknown_authority_is_refused_and_named(client):
    with AnsweringServer(always(ok()), authority=trustme.CA()) as server:
        with pytest.raises(Transient, match="certificate of localhost") as refusal:
            client(server).get("/")
        assert "authority" in refusal.value.fix
        assert server.requests == []


def test_a_certificate_of_another_name_is_refused(client):
    with AnsweringServer(always(ok()), names=("elsewhere.example",)) as server:
        with pytest.raises(Transient, match="certificate of localhost"):
            client(server).get("/")
        assert server.requests == []


def test_the_machine_s_own_authorities_do_not_hold_where_another_is_named(ca):
    stores = places.tls_context(ca=ca).get_ca_certs()
    assert len(stores) == 1


def test_a_client_certificate_is_shown_where_it_is_asked_for(client, tmp_path):
    issued = AUTHORITY.issue_cert("portal.example")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    issued.cert_chain_pems[0].write_to_path(chain)
    issued.private_key_pem.write_to_path(key)
    with AnsweringServer(always(ok()), client_authority=AUTHORITY) as server:
        assert client(server, client_cert=(chain, key)).get("/").status == 200
        with pytest.raises(Transient):
            client(server).get("/")


@pytest.mark.parametrize("missing", [{"ca": "nowhere.pem"}, {"client_cert": ("nowhere.pem", "nowhere.pem")}])
def test_a_missing_certificate_file_is_our_own_mistake(missing):
    with pytest.raises(Operator, match="certificate file"):
        Client("https://example.com", **missing)


@pytest.mark.parametrize(
    "url",
    [
        "", "example.com", "ftp://example.com", "https://", "https://u:p@example.com", "https://example.com/?a=1",
        "https://example.com/#x", "https://example.com:0", "https://example.com:99999", "https://exa\nmple.com", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_an_address_that_says_anything_else_is_refused(url):
    with pytest.raises(Operator, match="cannot be used"):
        Client(url)


def test_http_is_for_this_machine_alone(ca):
    with AnsweringServer(always(ok()), tls=False) as server:
        assert Client(server.url, rule=HERE).get("/").status == 200
        with pytest.raises(Operator):
            Client(server.url).get("/")
    everywhere = AddressRule.of(["0.0.0.0/0"])
    with pytest.raises(Operator, match="over http"):
        Client("http://192.0.2.1", rule=everywhere).get("/")


def short(call):
    """Return what the call raised, and how long it took in seconds."""
    started = time.monotonic()
    with pytest.raises(Transient) as refusal:
        call()
    return refusal.value, time.monotonic() - started


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda connection, _: time.sleep(5), id="black hole"),
        pytest.param(drip(b"H", every=0.05, times=100), id="a byte at a time"),
        pytest.param(drip(b"HTTP/1.1 200 OK\r\nX: y\r\n", every=0.05, times=100), id="headers without end"),
        pytest.param(drip(ok(b"x" * 50)[:-20], every=5, times=1), id="half a body"),
    ],
)
def test_one_deadline_holds_for_the_whole_answer(client, answer):
    with AnsweringServer(answer) as server:
        refusal, seconds = short(lambda: client(server, total_seconds=0.5).get("/"))
    assert seconds < 2
    assert refusal.fix


def test_the_deadline_holds_for_the_handshake():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        refusal, seconds = short(lambda: Client(url, rule=HERE, total_seconds=0.5).get("/"))
    assert "in time" in refusal.cause
    assert seconds < 2


def test_the_deadline_holds_for_the_resolver(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(3) or [])
    refusal, seconds = short(lambda: Client("https://example.com", total_seconds=0.3).get("/"))
    assert "cannot be resolved" in refusal.cause
    assert seconds < 2


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"garbage\r\n\r\n", id="no http"),
        pytest.param(b"HTTP/1.1 999999 what\r\n\r\n", id="no status"),
        pytest.param(ok(b"x" * 100)[:-50], id="cut body"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n", id="200 headers"),
    ],
)
def test_what_is_no_answer_is_transient(client, answer):
    with AnsweringServer(always(answer)) as server:
        refusal, _ = short(lambda: client(server).get("/"))
    assert refusal.cause
    assert refusal.fix


def test_an_answer_without_end_is_cut_off(client):
    with AnsweringServer(always(ok(b"x" * 3000))) as server:
        refusal, _ = short(lambda: client(server, answer_bytes=2000).get("/"))
    assert "2000 bytes" in refusal.cause


def test_a_closed_port_is_transient(ca):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    refusal, _ = short(lambda: Client(f"https://localhost:{port}", rule=HERE, ca=ca).get("/"))
    assert "cannot be reached" in refusal.cause


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'"x"', b"\xff\xfe"])
def test_a_body_that_is_no_object_is_transient(client, body):
    with AnsweringServer(always(ok(body))) as server:
        answer = client(server).get("/")
    with pytest.raises(Transient, match="cannot be understood"):
        answer.json()


def test_a_header_cannot_smuggle_another(client):
    with AnsweringServer(always(ok())) as server, pytest.raises(ValueError, match="Invalid header"):
        client(server).get("/", headers={"X-Token": "a\r\nX-Other: b"})


def test_a_body_that_comes_after_its_head_is_read_to_its_end(client):
    body = b'{"key": "%s"}' % (b"k" * 100_000)

    def answer(connection, _):
        connection.sendall(ok(body)[:60])
        time.sleep(0.1)
        connection.sendall(ok(body)[60:])

    with AnsweringServer(answer) as server:
        assert client(server).get("/").body == body
