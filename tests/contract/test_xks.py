"""The XKS provider keeps the contract with a proxy over mutual TLS, and knows each of its refusals."""

import base64
import json
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
import trustme

from ascend.envelope.keys import SecretKey
from ascend.providers.addresses import AddressRule
from ascend.providers.contract import Denied, Integrity, Operator, ProviderError, Transient
from ascend.providers.outbound import Answer
from ascend.providers.xks import errors, signature, wrapped
from ascend.providers.xks.provider import XksProvider
from ascend.providers.xks.store import XksStore
from ascend.testing.xks import Credential, ProxyKey, XksProxy
from ascend.testing.xks.keys import integrity_value
from ascend.testing.xks.refusals import STATUS, Refusal
from tests.contract.provider_contract import ProviderContract, context
from tests.contract.store_files import write

HERE = AddressRule.of(["127.0.0.0/8", "::1"])
AUTHORITY = trustme.CA()


def server_side(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("localhost").configure_cert(context)
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    return context


@pytest.fixture
def proxy():
    with XksProxy(prefix="/tenants/acme", tls=server_side(AUTHORITY)) as server:
        server.keys["key-2"] = ProxyKey()
        yield server


@pytest.fixture
def stores(tmp_path, proxy):
    AUTHORITY.cert_pem.write_to_path(tmp_path / "ca.pem")
    mine = AUTHORITY.issue_cert("portal.example")
    mine.private_key_pem.write_to_path(tmp_path / "portal.key")
    mine.cert_chain_pems[0].write_to_path(tmp_path / "portal.pem")
    describe_store(tmp_path, proxy)
    return tmp_path


def describe_store(folder, proxy, **changes):
    known = Credential()
    fields = {
        "kind": "xks", "address": proxy.url, "path_prefix": proxy.prefix, "ca": "ca.pem",
        "access_key_id": known.access_key_id, "secret_access_key": known.secret,
        "client_certificate": "portal.pem", "client_key": "portal.key", **changes,
    }  # fmt: skip
    return write(folder, "hold", **{name: value for name, value in fields.items() if value is not None})


@pytest.fixture
def provider(stores):
    return XksProvider(stores, HERE)


@pytest.fixture
def uri():
    return "xks:hold/key-1"


class TestXksProvider(ProviderContract):
    @pytest.fixture
    def other_uri(self):
        return "xks:hold/key-2"

    @pytest.fixture
    def missing_uri(self):
        return "xks:hold/none"

    def test_the_form_of_a_wrap_is_that_of_the_specification(self, provider, uri):
        """PV-34."""
        sealed = provider.wrap(uri, SecretKey.generate(), context()).ciphertext
        assert (sealed[:3], sealed[3], len(sealed)) == (b"\x01\x01\x01", 12, 4 + 12 + 16 + 32)


def wrap_one(provider, uri):
    about, key = context(), SecretKey.generate()
    return about, key, provider.wrap(uri, key, about).ciphertext


class TestWhatTheOwnerDoes:
    """PV-33."""

    def test_a_disabled_key_is_denied_until_it_is_enabled(self, provider, proxy, uri):
        about, key, sealed = wrap_one(provider, uri)
        proxy.keys["key-1"].status = "DISABLED"
        assert not provider.describe(uri).enabled
        for call in (lambda: provider.unwrap(uri, sealed, about), lambda: provider.wrap(uri, key, about)):
            with pytest.raises(Denied, match="disabled"):
                call()
        proxy.keys["key-1"].status = "ENABLED"
        assert provider.unwrap(uri, sealed, about) == key

    def test_a_proxy_that_no_longer_knows_us_is_a_denial(self, provider, proxy, uri):
        proxy.credentials = [Credential(secret="x" * 43)]
        with pytest.raises(Denied, match="signature"):
            provider.describe(uri)

    def test_a_new_access_key_works_beside_the_old_one(self, provider, proxy, uri, stores):
        about, key, sealed = wrap_one(provider, uri)
        fresh = Credential("NEWPORTALKEYFORTHEPROXY", "n" * 43)
        proxy.credentials.append(fresh)
        assert provider.unwrap(uri, sealed, about) == key
        describe_store(stores, proxy, access_key_id=fresh.access_key_id, secret_access_key=fresh.secret)
        del proxy.credentials[0]
        assert provider.unwrap(uri, sealed, about) == key

    def test_another_tenants_path_is_denied(self, provider, proxy, uri, stores):
        describe_store(stores, proxy, path_prefix="/tenants/other")
        with pytest.raises(Denied, match="path"):
            provider.describe(uri)

    @pytest.mark.parametrize("change", [{"spec": "AES_128"}, {"usage": ("ENCRYPT",)}, {"usage": ("SIGN", "VERIFY")}])
    def test_a_key_that_does_not_wrap_is_denied(self, provider, proxy, uri, change):
        for name, value in change.items():
            setattr(proxy.keys["key-1"], name, value)
        with pytest.raises(Denied, match="AES-256"):
            provider.describe(uri)

    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("InvalidStateException", Denied), ("InvalidKeyUsageException", Denied), ("AccessDeniedException", Denied),
            ("AuthenticationFailedException", Denied), ("KeyNotFoundException", Denied),
            ("InvalidUriPathException", Denied), ("UnsupportedOperationException", Denied),
            ("InvalidCiphertextException", Integrity), ("ValidationException", Operator),
            ("ThrottlingException", Transient), ("InternalException", Transient),
            ("DependencyTimeoutException", Transient),
        ],
    )  # fmt: skip
    def test_each_error_of_the_api_has_its_class(self, provider, proxy, uri, name, kind):
        """PV-2."""
        about, _, sealed = wrap_one(provider, uri)
        proxy.fault = lambda _: Refusal(name)
        with pytest.raises(ProviderError) as refusal:
            provider.unwrap(uri, sealed, about)
        assert type(refusal.value) is kind
        assert set(errors.MEANINGS) == set(STATUS)
        assert refusal.value.cause.endswith(".")
        assert refusal.value.fix.endswith(".")

    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (502, Transient),
            (504, Transient),
            (429, Transient),
            (200, None),
            *[(n, Denied) for n in (301, 400, 418, 501)],
        ],
    )
    @pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"errorName": 7}', b'{"errorName": "NewException"}'])
    def test_an_answer_without_a_name_goes_by_its_status(self, status, kind, body):
        answer = Answer(status, {}, body)
        if kind is None:
            errors.require_ok(answer, "k", now=datetime.now(UTC))
        else:
            assert type(errors.translate(answer, "k", now=datetime.now(UTC))) is kind

    def test_a_signature_that_our_clock_spoiled_is_our_mistake(self):
        now = datetime.now(UTC)
        body = b'{"errorName": "AuthenticationFailedException"}'
        for minutes, kind in ((6, Operator), (-6, Operator), (4, Denied)):
            date = format_datetime(now + timedelta(minutes=minutes), usegmt=True)
            assert type(errors.translate(Answer(401, {"date": date}, body), "k", now=now)) is kind
        assert type(errors.translate(Answer(401, {"date": "soon"}, body), "k", now=now)) is Denied


class TestTheCall:
    """PV-31."""

    def test_the_owner_finds_it_by_its_number(self, provider, proxy, uri):
        made = provider.wrap(uri, SecretKey.generate(), context())
        operation, about = proxy.requests[-1]
        assert operation == "/keys/key-1/encrypt"
        assert about["kmsRequestId"] == made.request_id
        assert about["kmsOperation"] == "Encrypt"
        assert about["kmsKeyArn"].startswith("arn:aws:kms:")
        assert about["awsPrincipalArn"].startswith("arn:aws:iam:")

    def test_each_wrap_and_each_unwrap_is_one_call(self, provider, proxy, uri):
        about, _, sealed = wrap_one(provider, uri)
        provider.unwrap(uri, sealed, about)
        assert [operation for operation, _ in proxy.requests] == ["/keys/key-1/encrypt", "/keys/key-1/decrypt"]

    @pytest.mark.parametrize("changes", [{"client_certificate": None, "client_key": None}, {"ca": None}])
    def test_one_that_either_side_does_not_trust_does_not_happen(self, provider, proxy, uri, stores, changes):
        describe_store(stores, proxy, **changes)
        with pytest.raises(Transient):
            provider.describe(uri)
        assert proxy.requests == []

    def test_a_certificate_of_another_authority_is_not_let_in(self, provider, proxy, uri, stores):
        other = trustme.CA().issue_cert("portal.example")
        other.private_key_pem.write_to_path(stores / "portal.key")
        other.cert_chain_pems[0].write_to_path(stores / "portal.pem")
        with pytest.raises(Transient):
            provider.describe(uri)

    def test_no_secret_is_in_a_repr_or_an_error(self, stores, proxy, provider, uri):
        secret = Credential().secret
        store = XksStore.read(stores, "hold", HERE)
        proxy.credentials = []
        with pytest.raises(Denied) as refusal:
            provider.describe(uri)
        assert secret not in repr(store) + repr(refusal.value)


class TestTheSignature:
    """PV-31: botocore and curl sign as we do, and the proxy that the tests rely on accepts them and nobody else."""

    BODY = json.dumps(
        {
            "requestMetadata": {
                "awsPrincipalArn": "arn:aws:iam::1:user/a",
                "kmsOperation": "DescribeKey",
                "kmsRequestId": "r",
            }
        }
    ).encode()

    @pytest.fixture
    def plain(self):
        with XksProxy(prefix="/p") as server:
            yield server

    def by_botocore(self, url, secret):
        request = botocore.awsrequest.AWSRequest(
            "POST", url, data=self.BODY, headers={"Content-Type": "application/json"}
        )
        credentials = botocore.credentials.Credentials(Credential().access_key_id, secret)
        botocore.auth.SigV4Auth(credentials, "kms-xks-proxy", "eu-central-1").add_auth(request)
        return dict(request.prepare().headers)

    def test_it_is_the_one_that_botocore_makes(self, monkeypatch):
        theirs = self.by_botocore("https://xks.example/p/kms/xks/v1/health", Credential().secret)
        ours = signature.signed_headers(
            "/p/kms/xks/v1/health", self.BODY, host="xks.example", access_key_id=Credential().access_key_id,
            secret=Credential().secret, region="eu-central-1",
            now=datetime.strptime(theirs["X-Amz-Date"], signature.TIME).replace(tzinfo=UTC),
        )  # fmt: skip
        assert ours["Authorization"] == theirs["Authorization"]

    @pytest.mark.parametrize(("secret", "status"), [(Credential().secret, 200), ("no" * 22, 401)])
    def test_botocore_is_let_in_with_the_secret_alone(self, plain, secret, status):
        url = f"{plain.url}/p/kms/xks/v1/keys/key-1/metadata"
        request = urllib.request.Request(url, data=self.BODY, headers=self.by_botocore(url, secret))
        try:
            answered = urllib.request.urlopen(request, timeout=10).status
        except urllib.error.HTTPError as error:
            answered = error.code
        assert answered == status

    @pytest.mark.parametrize(("secret", "status"), [(Credential().secret, "200"), ("no" * 22, "401")])
    def test_curl_is_let_in_with_the_secret_alone(self, plain, secret, status):
        argv = [
            "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--aws-sigv4", "aws:amz:us-east-1:kms-xks-proxy",
            "--user", f"{Credential().access_key_id}:{secret}", "-H", "Content-Type: application/json",
            "--data", self.BODY.decode(), f"{plain.url}/p/kms/xks/v1/keys/key-1/metadata",
        ]  # fmt: skip
        assert subprocess.run(argv, capture_output=True, text=True, check=True).stdout == status

    @pytest.mark.parametrize("name", ["Authorization", "X-Amz-Date"])
    def test_a_request_without_it_is_refused(self, plain, name):
        url = f"{plain.url}/p/kms/xks/v1/health"
        headers = {key: value for key, value in self.by_botocore(url, Credential().secret).items() if key != name}
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(urllib.request.Request(url, data=self.BODY, headers=headers), timeout=10)

    @pytest.mark.parametrize("minutes", [-6, 6])
    def test_one_from_another_time_is_refused(self, plain, minutes):
        now = datetime.now(UTC) + timedelta(minutes=minutes)
        headers = signature.signed_headers(
            "/p/kms/xks/v1/health", self.BODY, host=plain.url.partition("//")[2],
            access_key_id=Credential().access_key_id, secret=Credential().secret, region="us-east-1", now=now,
        )  # fmt: skip
        request = urllib.request.Request(f"{plain.url}/p/kms/xks/v1/health", data=self.BODY, headers=headers)
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(request, timeout=10)

    def test_a_get_is_not_of_the_api(self, plain):
        with pytest.raises(urllib.error.HTTPError, match="405"):
            urllib.request.urlopen(f"{plain.url}/p/kms/xks/v1/health", timeout=10)


class TestTheIntegrityValue:
    """PV-32."""

    def test_it_is_that_of_the_specification(self):
        """XKS proxy API 1.0.3, appendix C."""
        iv, tag = bytes.fromhex("1ccae5470f39700254779031"), bytes.fromhex("bc1c4dda7707d6812447c5955e99b261")
        box = wrapped.Box(b"key_version=1", iv, tag, bytes.fromhex("821c642b5b71783367deaf18"))
        aad = b"project=nile,department=marketing"
        expected = "qHA/ImC9h5HsLRXqCyPmWgYx7tzyoTplzILbP0fPXsc="
        assert base64.b64encode(box.integrity_value(aad)).decode() == expected
        assert integrity_value(aad, box.metadata, iv, box.ciphertext, tag) == expected

    @pytest.mark.parametrize(
        "change",
        [
            {"ciphertext": base64.b64encode(bytes(32)).decode()}, {"ciphertextDataIntegrityValue": None},
            {"ciphertextDataIntegrityValue": base64.b64encode(bytes(32)).decode()}, {"ciphertext": "!!"},
            {"ciphertextMetadata": base64.b64encode(bytes(21)).decode()}, {"authenticationTag": ""},
            {"initializationVector": base64.b64encode(bytes(13)).decode()}, {"ciphertextMetadata": 5},
        ],
    )  # fmt: skip
    def test_an_answer_that_was_changed_is_not_stored(self, change):
        key, aad = ProxyKey(), b"aad"
        iv, ciphertext, tag = key.encrypt(bytes(32), aad)
        box = wrapped.Box(key.metadata, iv, tag, ciphertext)
        said = box.fields | {"ciphertextDataIntegrityValue": integrity_value(aad, key.metadata, iv, ciphertext, tag)}
        assert wrapped.of_answer(said, aad) == box
        with pytest.raises(Transient):
            wrapped.of_answer({**said, **change}, aad)

    def test_a_proxy_without_metadata_will_do(self, provider, proxy, uri):
        proxy.keys["key-1"].metadata = b""
        about, key, sealed = wrap_one(provider, uri)
        assert provider.unwrap(uri, sealed, about) == key


class TestAnswersThatAreNone:
    """PV-4."""

    @pytest.mark.parametrize(
        "body", [b"", b"null", b"[]", b"{", b"<html>", b"{}", b'{"plaintext": "!"}', b'{"plaintext": "AAAA"}']
    )
    def test_a_malformed_answer_is_transient(self, provider, proxy, uri, body):
        about, key, sealed = wrap_one(provider, uri)
        proxy.fault = lambda _: body
        for call in (lambda: provider.unwrap(uri, sealed, about), lambda: provider.wrap(uri, key, about)):
            with pytest.raises(Transient):
                call()

    def test_a_proxy_that_falls_silent_is_given_up(self, provider, proxy, uri):
        proxy.fault = lambda _: time.sleep(8)
        began = time.monotonic()
        with pytest.raises(Transient):
            provider.describe(uri)
        assert time.monotonic() - began < 6

    def test_a_proxy_that_gives_back_another_key_seals_nothing(self, provider, proxy, uri):
        answer = {"plaintext": base64.b64encode(bytes(32)).decode()}
        proxy.fault = lambda path: json.dumps(answer).encode() if path.endswith("/decrypt") else None
        with pytest.raises(Integrity, match="another key"):
            provider.generate(uri, context())


class TestTheStoreFile:
    """PV-3, PV-5, PV-30."""

    @pytest.mark.parametrize(
        "uri", ["xks:", "xks:hold", "xks:hold/", "xks:hold/a/b", "xks:hold/a b", "xks:../k", "xks:H/k"]
    )
    def test_an_address_that_names_no_store_and_key_is_refused(self, provider, uri):
        with pytest.raises(Operator):
            provider.describe(uri)

    @pytest.mark.parametrize(
        "change",
        [
            {"kind": "transit"}, {"address": None}, {"address": "https://x/path"}, {"address": "ftp://x"},
            {"path_prefix": "no-slash"}, {"path_prefix": "/a?b"}, {"path_prefix": "/a/"}, {"access_key_id": "short"},
            {"access_key_id": "abcdefghijklmnopqrstuvwx"}, {"secret_access_key": "short"}, {"secret_access_key": None},
            {"region": "EU"}, {"client_key": None}, {"ca": "missing.pem"}, {"unknown": "x"}, {"principal_arn": 7},
        ],
    )  # fmt: skip
    def test_one_that_cannot_be_used_is_our_mistake(self, provider, proxy, stores, uri, change):
        describe_store(stores, proxy, **change)
        with pytest.raises(Operator) as refusal:
            provider.describe(uri)
        assert refusal.value.fix
