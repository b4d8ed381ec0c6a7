"""The transit provider keeps the contract with a real OpenBao over TLS, and knows each of its refusals."""

import base64
import contextlib
import json
import time

import pytest
import trustme

from ascend.envelope.keys import SecretKey
from ascend.providers.addresses import AddressRule
from ascend.providers.contract import Denied, Integrity, Operator, ProviderError, Transient
from ascend.providers.transit.provider import TransitProvider
from ascend.providers.transit.token import Tokens
from tests.contract.provider_contract import ProviderContract, context
from tests.contract.store_files import write
from tests.integration.providers.answering import AUTHORITY, AnsweringServer, drip, ok

HERE = AddressRule.of(["127.0.0.0/8", "::1"])


@pytest.fixture
def stores(tmp_path, openbao):
    for name in ("one", "two"):
        openbao.make_key(name)
    role = openbao.make_role("portal", "one", "two", "none")
    write(tmp_path, "bao", kind="transit", address=openbao.url, ca=str(openbao.ca), **role)
    return tmp_path


@pytest.fixture
def provider(stores):
    return TransitProvider(stores, HERE)


@pytest.fixture
def uri():
    return "transit:bao/one"


class TestTransitProvider(ProviderContract):
    @pytest.fixture
    def other_uri(self):
        return "transit:bao/two"

    @pytest.fixture
    def missing_uri(self):
        return "transit:bao/none"


def wrap_one(provider, uri):
    about, key = context(), SecretKey.generate()
    return about, key, provider.wrap(uri, key, about).ciphertext


class TestWhatTheOwnerDoes:
    """PV-24: each state of a key is heard at the next call, with cause and fix, and ends when the owner ends it."""

    def test_a_soft_deleted_key_is_denied_until_it_is_restored(self, provider, openbao, uri):
        about, key, wrapped = wrap_one(provider, uri)
        openbao("DELETE", "transit/keys/one/soft-delete")
        assert not provider.describe(uri).enabled
        for call in (
            lambda: provider.unwrap(uri, wrapped, about),
            lambda: provider.wrap(uri, key, about),
            lambda: provider.generate(uri, about),
        ):
            with pytest.raises(Denied, match="soft-deleted") as refusal:
                call()
            assert "soft-delete-restore" in refusal.value.fix
            assert not refusal.value.gone
        openbao("POST", "transit/keys/one/soft-delete-restore", {})
        assert provider.unwrap(uri, wrapped, about) == key

    def test_a_rotated_key_opens_what_its_older_version_wrapped(self, provider, openbao):
        openbao.make_key("two")
        uri = "transit:bao/two"
        about, key, wrapped = wrap_one(provider, uri)
        before = provider.describe(uri).material_id
        openbao("POST", "transit/keys/two/rotate", {})
        assert provider.unwrap(uri, wrapped, about) == key
        made = provider.wrap(uri, key, about)
        assert provider.describe(uri).material_id == made.material_id != before

    def test_a_version_below_the_minimum_is_this_wraps_trouble_and_not_the_keys(self, provider, openbao):
        uri = "transit:bao/two"
        about, key, wrapped = wrap_one(provider, uri)
        openbao("POST", "transit/keys/two/rotate", {})
        latest = int(provider.describe(uri).material_id.removeprefix("transit-v"))
        openbao("POST", "transit/keys/two/config", {"min_decryption_version": latest})
        with pytest.raises(Integrity, match="min_decryption_version"):
            provider.unwrap(uri, wrapped, about)
        newer = provider.wrap(uri, key, about).ciphertext
        assert provider.unwrap(uri, newer, about) == key
        openbao("POST", "transit/keys/two/config", {"min_decryption_version": 1})
        assert provider.unwrap(uri, wrapped, about) == key

    def test_a_sealed_server_is_no_word_of_the_keys_owner(self, provider, openbao, uri):
        about, key, wrapped = wrap_one(provider, uri)
        openbao.seal()
        try:
            with pytest.raises(Transient, match="sealed"):
                provider.unwrap(uri, wrapped, about)
        finally:
            openbao.unseal()
        assert provider.unwrap(uri, wrapped, about) == key

    def test_a_policy_taken_away_is_denied_until_it_is_given_back(self, provider, openbao, uri):
        about, key, wrapped = wrap_one(provider, uri)
        given = openbao("GET", "sys/policies/acl/portal")["data"]["policy"]
        openbao("PUT", "sys/policies/acl/portal", {"policy": 'path "nothing" { capabilities = ["read"] }'})
        for call in (lambda: provider.unwrap(uri, wrapped, about), lambda: provider.describe(uri)):
            with pytest.raises(Denied, match="does not let us"):
                call()
        openbao("PUT", "sys/policies/acl/portal", {"policy": given})
        assert provider.unwrap(uri, wrapped, about) == key

    def test_a_deleted_key_is_gone_and_no_wrap_makes_another(self, provider, openbao, uri, stores):
        """PV-23: transit makes a key when it is asked to encrypt under a name that has none."""
        write(stores, "root", kind="transit", address=openbao.url, ca=str(openbao.ca), token=openbao.token)
        openbao.make_key("doomed")
        about, key, wrapped = wrap_one(provider, "transit:root/doomed")
        openbao("POST", "transit/keys/doomed/config", {"deletion_allowed": True})
        openbao("DELETE", "transit/keys/doomed")
        for call in (
            lambda: provider.wrap("transit:root/doomed", key, about),
            lambda: provider.unwrap("transit:root/doomed", wrapped, about),
            lambda: provider.generate("transit:root/doomed", about),
            lambda: provider.describe("transit:root/doomed"),
        ):
            with pytest.raises(Denied) as refusal:
                call()
            assert refusal.value.gone
        assert openbao.status("GET", "transit/keys/doomed")[0] == 404

    def test_an_engine_that_was_disabled_is_denied(self, provider, openbao, stores):
        write(
            stores, "away", kind="transit", address=openbao.url, ca=str(openbao.ca), token=openbao.token, mount="away"
        )
        with pytest.raises(Denied, match="no transit engine"):
            provider.describe("transit:away/one")

    @pytest.mark.parametrize("options", [{"type": "rsa-2048"}, {"derived": True}, {"type": "aes128-gcm96"}])
    def test_a_key_that_cannot_bind_a_context_is_refused(self, provider, openbao, stores, options):
        write(stores, "root", kind="transit", address=openbao.url, ca=str(openbao.ca), token=openbao.token)
        name = "unfit-" + "-".join(map(str, options.values())).lower()
        openbao.make_key(name, **options)
        with pytest.raises(Denied, match="binds no context"):
            provider.wrap(f"transit:root/{name}", SecretKey.generate(), context())

    def test_a_key_that_can_leave_the_store_says_so(self, provider, openbao, stores):
        write(stores, "root", kind="transit", address=openbao.url, ca=str(openbao.ca), token=openbao.token)
        openbao.make_key("loose", exportable=True)
        assert "exportable" in provider.describe("transit:root/loose").detail
        assert "exportable" not in provider.describe("transit:root/one").detail

    def test_a_missing_key_is_made_where_our_policy_lets_us(self, provider, openbao, stores):
        write(stores, "root", kind="transit", address=openbao.url, ca=str(openbao.ca), token=openbao.token)
        provider.provision("transit:root/new")
        about = openbao("GET", "transit/keys/new")["data"]
        assert (about["type"], about["exportable"], about["latest_version"]) == ("aes256-gcm96", False, 1)
        with pytest.raises(Denied, match="does not let us"):
            provider.provision("transit:bao/none")


class TestOurToken:
    """PV-22."""

    def test_one_that_was_revoked_is_replaced_and_nobody_notices(self, provider, openbao, uri):
        about, key, wrapped = wrap_one(provider, uri)
        tokens = provider._engine(uri)[0]._tokens
        openbao("POST", "auth/token/revoke", {"token": tokens.current()})
        assert provider.unwrap(uri, wrapped, about) == key

    def test_a_role_that_was_deleted_is_denied(self, provider, openbao, uri):
        about, _, wrapped = wrap_one(provider, uri)
        tokens = provider._engine(uri)[0]._tokens
        openbao("DELETE", "auth/approle/role/portal")
        openbao("POST", "auth/token/revoke", {"token": tokens.current()})
        with pytest.raises(Denied, match="no longer accepts our role"):
            provider.unwrap(uri, wrapped, about)

    @pytest.mark.parametrize("options", [{}, {"token_max_ttl": "2s"}])
    def test_one_with_a_short_life_is_renewed_ahead_and_no_call_waits_for_it(
        self, stores, openbao, monkeypatch, options
    ):
        role = openbao.make_role("brief", "one", ttl="1s", **options)
        write(stores, "brief", kind="transit", address=openbao.url, ca=str(openbao.ca), **role)
        provider, uri = TransitProvider(stores, HERE), "transit:brief/one"
        about, key, wrapped = wrap_one(provider, uri)
        waited, taken = [], Tokens._signed_in
        monkeypatch.setattr(Tokens, "_signed_in", lambda *args: waited.append(1) or taken(*args))
        deadline = time.monotonic() + 3.5
        while time.monotonic() < deadline:
            assert provider.unwrap(uri, wrapped, about) == key
            time.sleep(0.05)
        assert waited == []

    def test_a_token_of_the_owners_will_do(self, stores, openbao, uri):
        made = openbao("POST", "auth/token/create", {"policies": ["portal"], "ttl": "1h"})["auth"]["client_token"]
        write(stores, "token", kind="transit", address=openbao.url, ca=str(openbao.ca), token=made)
        provider = TransitProvider(stores, HERE)
        about, key, wrapped = wrap_one(provider, "transit:token/one")
        assert provider.unwrap("transit:token/one", wrapped, about) == key
        openbao("POST", "auth/token/revoke", {"token": made})
        with pytest.raises(Denied, match="our token|does not let us"):
            provider.unwrap("transit:token/one", wrapped, about)

    def test_a_changed_file_is_another_store(self, provider, stores, openbao, uri):
        wrap_one(provider, uri)
        write(stores, "bao", kind="transit", address=openbao.url, ca=str(openbao.ca), role_id="no", secret_id="no")
        with pytest.raises(Denied, match="our role"):
            provider.describe(uri)

    def test_no_secret_is_in_a_repr_or_an_error(self, provider, stores, openbao, uri):
        write(stores, "bao", kind="transit", address=openbao.url, ca=str(openbao.ca), role_id="no", secret_id="s3cret")
        with pytest.raises(Denied) as refusal:
            provider.describe(uri)
        engine = provider._engine(uri)[0]
        assert "s3cret" not in repr(refusal.value) + repr(engine._store) + repr(vars(engine))


GOOD = {"type": "aes256-gcm96", "latest_version": 1, "supports_encryption": True}
BOX = "vault:v1:" + base64.b64encode(bytes(60)).decode()


class Impostor:
    """Answers as transit does, but for what a test replaces: `replies["decrypt"]` is the body of that operation."""

    def __init__(self, **replies):
        self.replies = {
            "lookup-self": {"data": {"ttl": 0}},
            "keys": {"data": GOOD},
            "encrypt": {"request_id": "r", "data": {"ciphertext": BOX, "key_version": 1}},
            "datakey": {
                "data": {"ciphertext": BOX, "key_version": 1, "plaintext": base64.b64encode(bytes(32)).decode()}
            },
            "decrypt": {"data": {"plaintext": base64.b64encode(bytes(32)).decode()}},
            **replies,
        }

    def __call__(self, connection, request):
        path = request.split(b" ")[1].decode()
        reply = next(reply for name, reply in self.replies.items() if f"/{name}" in path)
        if callable(reply):
            return reply(connection, request)
        return reply if isinstance(reply, bytes) else ok(json.dumps(reply).encode())


@pytest.fixture
def facing(tmp_path):
    """Return a provider whose store answers as the test says."""
    with contextlib.ExitStack() as servers:

        def make(answer):
            server = servers.enter_context(AnsweringServer(answer))
            AUTHORITY.cert_pem.write_to_path(tmp_path / "ca.pem")
            write(tmp_path, "fake", kind="transit", address=server.url, ca="ca.pem", token="t")
            return TransitProvider(tmp_path, HERE)

        yield make


FAKE = "transit:fake/one"


class TestAnswersThatAreNone:
    """PV-4, PV-25."""

    @pytest.mark.parametrize(
        "body",
        [
            b"", b"null", b"[]", b"{", b"<html>", b'{"data": null}', b'{"data": []}', b'{"data": {}}',
            b'{"data": {"plaintext": "!!"}}', b'{"data": {"plaintext": "AAAA"}}', b'{"data": {"plaintext": 7}}',
        ],
    )  # fmt: skip
    def test_a_malformed_answer_to_unwrap_is_transient(self, facing, body):
        wrapped = b"\x01\x00\x00\x00\x01" + bytes(60)
        with pytest.raises(Transient):
            facing(Impostor(decrypt=ok(body))).unwrap(FAKE, wrapped, context())

    @pytest.mark.parametrize(
        "data",
        [
            {}, {"ciphertext": BOX}, {"ciphertext": BOX, "key_version": 0}, {"ciphertext": BOX, "key_version": "1"},
            {"ciphertext": "vault:v1:", "key_version": 1}, {"ciphertext": "vault:v0:" + BOX[9:], "key_version": 1},
            {"ciphertext": BOX[:-4], "key_version": 1}, {"ciphertext": BOX + "!", "key_version": 1},
        ],
    )  # fmt: skip
    def test_a_malformed_answer_to_wrap_is_transient(self, facing, data):
        with pytest.raises(Transient):
            facing(Impostor(encrypt={"data": data})).wrap(FAKE, SecretKey.generate(), context())

    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            ("429 Too Many", Transient), ("500 No", Transient), ("502 No", Transient), ("503 No", Transient),
            ("472 Standby", Transient), ("412 Late", Transient), ("403 No", Denied), ("404 No", Denied),
            ("400 What", Denied), ("302 There", Denied), ("418 Tea", Denied), ("201 Made", Denied),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("body", [b"", b"<html>", b'{"errors": ["one\\ntwo"]}', b'{"errors": 7}'])
    def test_each_status_has_its_class(self, facing, status, kind, body):
        with pytest.raises(ProviderError) as refusal:
            facing(Impostor(keys=ok(body, status=status))).describe(FAKE)
        assert type(refusal.value) is kind
        assert refusal.value.cause
        assert refusal.value.fix

    def test_a_server_that_falls_silent_is_given_up(self, facing):
        began = time.monotonic()
        with pytest.raises(Transient):
            facing(Impostor(keys=lambda *_: time.sleep(20))).describe(FAKE)
        assert time.monotonic() - began < 10

    def test_a_server_that_sends_a_byte_now_and_then_is_given_up(self, facing):
        began = time.monotonic()
        with pytest.raises(Transient):
            facing(Impostor(keys=drip(b"H", every=0.2, times=100))).describe(FAKE)
        assert time.monotonic() - began < 10

    def test_a_connection_that_is_cut_is_transient(self, facing):
        with pytest.raises(Transient):
            facing(Impostor(keys=lambda connection, _: connection.close())).describe(FAKE)

    def test_a_server_that_ignores_the_context_is_refused(self, facing):
        """PV-21."""
        with pytest.raises(Operator, match="binds no context"):
            facing(Impostor()).wrap(FAKE, SecretKey.generate(), context())

    def test_a_data_key_that_was_not_bound_is_thrown_away(self, facing):
        with pytest.raises(Operator, match="binds no context"):
            facing(Impostor()).generate(FAKE, context())

    def test_a_certificate_that_nobody_vouches_for_is_transient(self, facing, tmp_path):
        provider = facing(Impostor())
        trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
        with pytest.raises(Transient, match="certificate"):
            provider.describe(FAKE)


class TestTheStoreFile:
    """PV-3, PV-5, PV-20."""

    @pytest.mark.parametrize(
        "uri",
        ["transit:", "transit:bao", "transit:bao/", "transit:/one", "transit:bao/../one", "transit:BAO/one",
         "transit:https://evil.example/one", "transit:bao/one/two", "transit:bao/a b", "local:bao/one",
         "transit:bao/.one"],
    )  # fmt: skip
    def test_an_address_that_names_no_store_and_key_is_refused(self, provider, uri):
        with pytest.raises(Operator):
            provider.describe(uri)

    @pytest.mark.parametrize(
        "fields",
        [
            {"kind": "xks"}, {"kind": "transit"}, {"kind": "transit", "address": "https://x"},
            {"kind": "transit", "address": "https://x", "role_id": "a"},
            {"kind": "transit", "address": "https://x", "secret_id": "a"},
            {"kind": "transit", "address": "https://x", "token": "t", "role_id": "a", "secret_id": "b"},
            {"kind": "transit", "address": "https://x", "token": "t", "tokn": "u"},
            {"kind": "transit", "address": 7, "token": "t"},
            {"kind": "transit", "address": "ftp://x", "token": "t"},
            {"kind": "transit", "address": "https://x", "token": "t", "ca": "missing.pem"},
            {"kind": "transit", "address": "https://x", "token": "t", "client_key": "key.pem"},
            {"kind": "transit", "address": "https://169.254.169.254", "token": "t"},
            {"kind": "transit", "address": "http://localhost", "token": "t", "namespace": 3},
        ],
    )  # fmt: skip
    def test_one_that_cannot_be_used_is_our_mistake(self, tmp_path, fields):
        write(tmp_path, "bao", **fields)
        with pytest.raises(Operator) as refusal:
            TransitProvider(tmp_path, AddressRule()).describe("transit:bao/one")
        assert refusal.value.fix

    @pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b'"token"'])
    def test_one_that_is_no_object_is_our_mistake_and_is_not_quoted(self, tmp_path, content):
        path = write(tmp_path, "bao")
        path.write_bytes(content)
        with pytest.raises(Operator, match="JSON object"):
            TransitProvider(tmp_path, HERE).describe("transit:bao/one")

    def test_one_that_others_can_read_is_our_mistake(self, provider, stores, uri):
        (stores / "bao.json").chmod(0o644)
        with pytest.raises(Operator, match="chmod 600"):
            provider.describe(uri)

    def test_one_that_is_missing_is_our_mistake(self, provider):
        with pytest.raises(Operator, match="nowhere.json"):
            provider.describe("transit:nowhere/one")
