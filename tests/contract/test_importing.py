"""Keys that their owner made are imported by the printed lines: into SoftHSM, OpenBao and the strict KMS."""

import hashlib
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pkcs11 import Attribute, ObjectClass
from pkcs11 import exceptions as answers

from ascend.envelope.context import EncryptionContext
from ascend.envelope.keys import SecretKey
from ascend.providers import importing, openssl, registry
from ascend.providers.addresses import AddressRule
from ascend.providers.aws_kms.importer import KmsImporter
from ascend.providers.aws_kms.provider import AwsKmsProvider
from ascend.providers.aws_kms.settings import AwsSettings
from ascend.providers.contract import Denied, Operator
from ascend.providers.importing import Check, ImportRefused, Parameters, Wrapping
from ascend.providers.local import LocalProvider
from ascend.providers.pkcs11 import address
from ascend.providers.pkcs11.module import HsmSettings, module_at
from ascend.providers.pkcs11.provider import Pkcs11Provider
from ascend.providers.transit.provider import TransitProvider
from ascend.testing.kms import StrictKms
from ascend.testing.kms.server import PORTAL_ACCOUNT
from tests.contract import softhsm
from tests.contract.aws_kms_environment import environment_of
from tests.contract.provider_contract import context
from tests.contract.store_files import write

pytestmark = pytest.mark.hsm
NOW = datetime.now(UTC)


def run(lines, folder):
    """Run what the page prints, exactly as printed, and return what the last line says."""
    said = ""
    for line in lines:
        done = subprocess.run(["/bin/sh", "-ec", line.command], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (line.command, done.stderr)
        said = done.stdout.strip()
    return said


def cmac(key):
    mac = CMAC(algorithms.AES(key))
    mac.update(bytes(16))
    return mac.finalize()[:8]


def wrap_by_hand(public_key, key, wrapping):
    """Wrap without openssl: for files that a careful owner would not make."""
    digest = SHA1() if wrapping.digest == "sha1" else SHA256()
    oaep = padding.OAEP(padding.MGF1(digest), digest, None)
    if not wrapping.is_two_step:
        return public_key.encrypt(key, oaep)
    once = os.urandom(32)
    return public_key.encrypt(once, oaep) + aes_key_wrap_with_padding(once, key)


def asked_for(wrapping):
    return Parameters(wrapping, b"", b"", NOW + timedelta(hours=24))


@pytest.mark.parametrize(("wrapping", "right"), [(Wrapping.OAEP, 512), (Wrapping.RSA_AES, 552)])
@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 551, 552, 553, 4096])
def test_a_file_of_another_size_is_refused_before_the_store_is_asked(wrapping, right, size):
    """PV-72."""
    if size == right:
        importing.require_fit(asked_for(wrapping), bytes(size), now=NOW)
        return
    with pytest.raises(ImportRefused, match=f"{size} bytes") as refusal:
        importing.require_fit(asked_for(wrapping), bytes(size), now=NOW)
    assert refusal.value.code == "wrong-size"


def test_an_expired_wrapping_key_is_refused():
    """PV-72."""
    asked = asked_for(Wrapping.OAEP)
    importing.require_fit(asked, bytes(512), now=asked.expires_at - timedelta(seconds=1))
    with pytest.raises(ImportRefused) as refusal:
        importing.require_fit(asked, bytes(512), now=asked.expires_at)
    assert refusal.value.code == "expired"


def test_the_operators_page_prints_the_same_lines():
    """PV-76."""
    page = (Path(__file__).parents[2] / "docs/operations/imported-keys.md").read_text()
    printed = [openssl.make_key(), *openssl.wrap(Wrapping.RSA_AES)]
    assert "\n".join(line.command for line in printed) in page


class ImportContract:
    """Subclass with fixtures `importer`, `uri` (no key yet), `wrapping`, `is_there` and `works_with(key)`."""

    @pytest.fixture
    def parameters(self, importer, uri, wrapping):
        return importer.parameters(uri, wrapping, now=NOW)

    @pytest.fixture
    def spare(self, parameters):
        """Return parameters that other tests may have used: a refusal leaves the wrapping key as it is."""
        return parameters

    @pytest.fixture
    def told(self, importer):
        """Return the owner's check value of a key in a file, where it goes along."""

        def tell(wrapped, key):
            if len(key) != 32 and importer.check is Check.CMAC:
                return bytes(8)
            if importer.check is Check.CMAC:
                return cmac(key)
            return hashlib.sha256(wrapped).digest() if importer.check is Check.FILE else b""

        return tell

    def test_the_printed_lines_bring_a_key_that_works(self, importer, uri, parameters, tmp_path, works_with):
        """PV-70, PV-76."""
        folder = tmp_path / "owner"
        folder.mkdir()
        (folder / "wrapping-key.pem").write_text(parameters.pem)
        run([openssl.make_key(), *openssl.wrap(parameters.wrapping)], folder)
        assert load_der_public_key(parameters.public_key).key_size == 4096
        assert NOW < parameters.expires_at <= NOW + timedelta(hours=24)
        wrapped = (folder / "wrapped-key.bin").read_bytes()
        importing.require_fit(parameters, wrapped, now=NOW)
        before = openssl.check_before(importer.check)
        given = bytes.fromhex(run([before], folder)) if before else b""
        imported = importer.take(uri, parameters, wrapped, told=given, expires_at=None)
        assert imported.check.kind is importer.check
        assert imported.check.is_met_by(bytes.fromhex(run([openssl.check_after(imported.check)], folder)))
        assert not imported.check.is_met_by(os.urandom(len(imported.check.value)))
        assert imported.material_id
        works_with((folder / "key.bin").read_bytes())
        assert not (folder / "once.bin").exists()

    def test_a_file_under_another_wrapping_key_is_refused(self, importer, uri, spare, told, is_there):
        other, key = rsa.generate_private_key(65537, 4096).public_key(), os.urandom(32)
        wrapped = wrap_by_hand(other, key, spare.wrapping)
        with pytest.raises(ImportRefused) as refusal:
            importer.take(uri, spare, wrapped, told=told(wrapped, key), expires_at=None)
        assert refusal.value.code == "wrong-key"
        assert not is_there()

    def test_a_damaged_file_is_refused(self, importer, uri, spare, told, is_there):
        key = os.urandom(32)
        wrapped = bytearray(wrap_by_hand(load_der_public_key(spare.public_key), key, spare.wrapping))
        wrapped[-1] ^= 1
        with pytest.raises(ImportRefused) as refusal:
            importer.take(uri, spare, bytes(wrapped), told=told(bytes(wrapped), key), expires_at=None)
        assert refusal.value.code == "wrong-key"
        assert not is_there()

    @pytest.mark.parametrize("size", [16, 24])
    def test_a_key_of_another_size_is_refused(self, importer, uri, spare, told, is_there, size):
        key = os.urandom(size)
        wrapped = wrap_by_hand(load_der_public_key(spare.public_key), key, spare.wrapping)
        with pytest.raises(ImportRefused) as refusal:
            importer.take(uri, spare, wrapped, told=told(wrapped, key), expires_at=None)
        # SoftHSM does not say how long what it unwrapped is: there only the check value tells.
        assert refusal.value.code in {"wrong-size", "wrong-material", "wrong-check-value"}
        assert not is_there()

    def test_a_wrong_check_value_is_refused_and_nothing_is_kept(self, importer, uri, parameters, is_there, told):
        """PV-74."""
        key = os.urandom(32)
        wrapped = wrap_by_hand(load_der_public_key(parameters.public_key), key, parameters.wrapping)
        with pytest.raises(ImportRefused) as refusal:
            importer.take(uri, parameters, wrapped, told=b"no!", expires_at=None)
        assert refusal.value.code == "wrong-check-value"
        assert not is_there()
        importer.take(uri, parameters, wrapped, told=told(wrapped, key), expires_at=None)

    def test_a_wrapping_that_the_store_does_not_take_is_refused(self, importer, uri):
        """PV-71."""
        for wrapping in set(Wrapping) - set(importer.wrappings):
            with pytest.raises(ImportRefused) as refusal:
                importer.parameters(uri, wrapping, now=NOW)
            assert refusal.value.code == "wrapping"

    def test_its_provider_hands_it_out(self, importer):
        assert isinstance(importer, importing.KeyImporter)


class StoresItsKeysByName(ImportContract):
    def test_a_key_that_is_there_is_never_replaced(self, importer, uri, parameters, told, works_with):
        """PV-73."""
        key = os.urandom(32)
        wrapped = wrap_by_hand(load_der_public_key(parameters.public_key), key, parameters.wrapping)
        importer.take(uri, parameters, wrapped, told=told(wrapped, key), expires_at=None)
        for call in (
            lambda: importer.take(uri, parameters, wrapped, told=told(wrapped, key), expires_at=None),
            lambda: importer.parameters(uri, parameters.wrapping, now=NOW),
        ):
            with pytest.raises(ImportRefused) as refusal:
                call()
            assert refusal.value.code == "exists"
        works_with(key)


@pytest.fixture(scope="module")
def hsm(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hsm")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", "")
        softhsm.configure(folder / "hsm")
        softhsm.make_token("byok")
        (folder / "pins").mkdir()
        softhsm.write_pin(folder / "pins", "byok", softhsm.PIN)
        yield HsmSettings(softhsm.MODULE, folder / "pins", folder / "state", b"k" * 32, permits_sha1=True)
        module_at(softhsm.MODULE).close()


@pytest.fixture(scope="module")
def kept():
    return {}


class TestAnHsm(StoresItsKeysByName):
    @pytest.fixture
    def settings(self, hsm):
        return hsm

    @pytest.fixture
    def spare(self, importer, uri, wrapping, kept):
        if wrapping not in kept:
            kept[wrapping] = importer.parameters(uri, wrapping, now=NOW)
        return kept[wrapping]

    @pytest.fixture
    def provider(self, settings):
        return Pkcs11Provider(settings)

    @pytest.fixture
    def importer(self, provider):
        return provider.importer

    @pytest.fixture
    def wrapping(self):
        return Wrapping.RSA_AES_SHA1

    @pytest.fixture
    def name(self):
        return f"brought-{os.urandom(4).hex()}"

    @pytest.fixture
    def uri(self, name):
        return f"pkcs11:token=byok;object={name}"

    @pytest.fixture
    def in_hsm(self, settings, uri):
        return lambda work: module_at(settings.module).call(settings, address.parse(uri).where, work, writes=True)

    @pytest.fixture
    def is_there(self, in_hsm, name):
        """Return whether there is a key of this name, or one that only this session sees."""
        wanted = [{Attribute.LABEL: name}, {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.TOKEN: False}]
        return lambda: any(in_hsm(lambda session, about=about: list(session.get_objects(about))) for about in wanted)

    @pytest.fixture
    def works_with(self, provider, uri, name, in_hsm):
        def check(key):
            about, data = context(), SecretKey.generate()
            wrapped = provider.wrap(uri, data, about).ciphertext
            opened = AESGCM(key).decrypt(wrapped[2:14], wrapped[14:], EncryptionContext(about).to_aad())
            assert opened == data.material

            def look(session):
                [found] = session.get_objects({Attribute.LABEL: name})
                assert not found[Attribute.EXTRACTABLE]
                assert found[Attribute.SENSITIVE]
                with pytest.raises(answers.AttributeSensitive):
                    _ = found[Attribute.VALUE]

            in_hsm(look)

        return check

    def test_its_wrapping_key_works_once_and_opens_nothing_else(self, importer, uri, parameters, told, in_hsm):
        """PV-75."""

        def look(session):
            wanted = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: parameters.token}
            [private] = session.get_objects(wanted)
            assert private[Attribute.SENSITIVE]
            assert not private[Attribute.EXTRACTABLE]
            assert not private[Attribute.DECRYPT]

        in_hsm(look)
        key = os.urandom(32)
        wrapped = wrap_by_hand(load_der_public_key(parameters.public_key), key, parameters.wrapping)
        importer.take(uri, parameters, wrapped, told=told(wrapped, key), expires_at=None)
        assert in_hsm(lambda session: list(session.get_objects({Attribute.ID: parameters.token}))) == []
        with pytest.raises(ImportRefused) as refusal:
            importer.take(f"{uri}2", parameters, wrapped, told=told(wrapped, key), expires_at=None)
        assert refusal.value.code == "replayed"

    def test_a_ceremony_that_was_given_up_leaves_nothing(self, importer, uri, parameters, in_hsm):
        importer.discard(uri, parameters)
        assert in_hsm(lambda session: list(session.get_objects({Attribute.ID: parameters.token}))) == []

    def test_sha1_is_for_the_test_profile_alone(self, settings, uri):
        """PV-71."""
        from dataclasses import replace

        importer = Pkcs11Provider(replace(settings, permits_sha1=False)).importer
        assert importer.wrappings == (Wrapping.RSA_AES, Wrapping.OAEP)
        with pytest.raises(ImportRefused):
            importer.parameters(uri, Wrapping.OAEP_SHA1, now=NOW)


class TestAnHsmInOneStep(TestAnHsm):
    """RSAES-OAEP alone, where another code runs; a key pair of 4096 bits takes SoftHSM seconds."""

    @pytest.fixture
    def wrapping(self):
        return Wrapping.OAEP_SHA1

    test_its_wrapping_key_works_once_and_opens_nothing_else = None
    test_a_ceremony_that_was_given_up_leaves_nothing = None
    test_sha1_is_for_the_test_profile_alone = None
    test_a_wrapping_that_the_store_does_not_take_is_refused = None
    test_a_key_that_is_there_is_never_replaced = None


class TestTransit(StoresItsKeysByName):
    @pytest.fixture
    def name(self):
        return f"brought-{os.urandom(4).hex()}"

    @pytest.fixture
    def provider(self, tmp_path, openbao, name):
        role = openbao.make_role(f"import-{name}", name)
        extra = f'path "transit/keys/{name}/import" {{ capabilities = ["update"] }}\n'
        extra += 'path "transit/wrapping_key" { capabilities = ["read"] }\n'
        given = openbao("GET", f"sys/policies/acl/import-{name}")["data"]["policy"]
        openbao("PUT", f"sys/policies/acl/import-{name}", {"policy": f"{given}\n{extra}"})
        write(tmp_path, "bao", kind="transit", address=openbao.url, ca=str(openbao.ca), **role)
        return TransitProvider(tmp_path, AddressRule.of(["127.0.0.0/8", "::1"]))

    @pytest.fixture
    def importer(self, provider):
        return provider.importer

    @pytest.fixture
    def wrapping(self):
        return Wrapping.RSA_AES

    @pytest.fixture
    def uri(self, name):
        return f"transit:bao/{name}"

    @pytest.fixture
    def is_there(self, openbao, name):
        return lambda: openbao.status("GET", f"transit/keys/{name}")[0] == 200

    @pytest.fixture
    def works_with(self, provider, uri, openbao, name):
        def check(key):
            about, data = context(), SecretKey.generate()
            wrapped = provider.wrap(uri, data, about).ciphertext
            assert AESGCM(key).decrypt(wrapped[5:17], wrapped[17:], EncryptionContext(about).to_aad()) == data.material
            kept = openbao("GET", f"transit/keys/{name}")["data"]
            assert (kept["exportable"], kept["imported_key_allow_rotation"]) == (False, False)
            assert openbao.status("GET", f"transit/export/encryption-key/{name}")[0] == 400

        return check

    def test_without_leave_to_import_it_is_denied(self, importer, parameters):
        with pytest.raises(Denied):
            importer.take("transit:bao/another", parameters, bytes(552), told=b"", expires_at=None)


class TestKms(ImportContract):
    @pytest.fixture
    def kms(self):
        with StrictKms() as server:
            yield server

    @pytest.fixture
    def key(self, kms):
        return kms.create_key(Origin="EXTERNAL")

    @pytest.fixture
    def client(self, kms, key):
        owner = kms.root(key.account)
        config = Config(retries={"total_max_attempts": 1})
        arguments = owner.as_arguments()
        return boto3.client("kms", endpoint_url=kms.url, region_name=key.region, config=config, **arguments)

    @pytest.fixture
    def importer(self, client, key):
        return KmsImporter(lambda _: (client, key.arn))

    @pytest.fixture(params=[Wrapping.OAEP, Wrapping.RSA_AES])
    def wrapping(self, request):
        return request.param

    @pytest.fixture
    def uri(self, key):
        return f"aws-kms:{key.arn}"

    @pytest.fixture
    def is_there(self, client, key):
        return lambda: client.describe_key(KeyId=key.arn)["KeyMetadata"]["KeyState"] != "PendingImport"

    @pytest.fixture
    def works_with(self, client, key, is_there):
        def check(material):
            assert is_there()
            assert client.encrypt(KeyId=key.arn, Plaintext=b"x")["CiphertextBlob"]
            assert key.family.current.value == material

        return check

    def test_material_ends_when_it_was_told_to(self, importer, uri, parameters, told, client, key, kms):
        """PV-77."""
        ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
        value = os.urandom(32)
        wrapped = wrap_by_hand(load_der_public_key(parameters.public_key), value, parameters.wrapping)
        importer.take(uri, parameters, wrapped, told=told(wrapped, value), expires_at=ends)
        assert client.describe_key(KeyId=key.arn)["KeyMetadata"]["ValidTo"] == ends

    def test_a_token_whose_time_is_over_is_refused(self, importer, uri, parameters, told, kms):
        value = os.urandom(32)
        wrapped = wrap_by_hand(load_der_public_key(parameters.public_key), value, parameters.wrapping)
        kms.advance(hours=25)
        with pytest.raises(ImportRefused) as refusal:
            importer.take(uri, parameters, wrapped, told=told(wrapped, value), expires_at=None)
        assert refusal.value.code == "expired"

    def test_other_material_for_the_same_key_is_refused(self, importer, uri, wrapping, parameters, told):
        for attempt in range(2):
            value = os.urandom(32)
            wrapped = wrap_by_hand(load_der_public_key(parameters.public_key), value, wrapping)
            if attempt == 0:
                importer.take(uri, parameters, wrapped, told=told(wrapped, value), expires_at=None)
        with pytest.raises(ImportRefused) as refusal:
            importer.take(uri, parameters, wrapped, told=told(wrapped, value), expires_at=None)
        assert refusal.value.code == "wrong-material"

    def test_a_key_that_kms_made_takes_none(self, kms, client):
        made = kms.create_key()
        with pytest.raises(ImportRefused) as refusal:
            KmsImporter(lambda _: (client, made.arn)).parameters("aws-kms:x", Wrapping.OAEP, now=NOW)
        assert refusal.value.code == "origin"


def test_a_key_of_the_portals_account_is_imported_through_its_provider_and_a_customers_is_not(monkeypatch):
    with StrictKms() as kms:
        environment_of(monkeypatch, kms.root(PORTAL_ACCOUNT))
        provider = AwsKmsProvider(AwsSettings(endpoint_url=kms.url, outbound_allow=("127.0.0.0/8", "::1")))
        assert isinstance(provider.importer, importing.KeyImporter)
        uri = f"aws-kms:{kms.create_key(account=PORTAL_ACCOUNT, Origin='EXTERNAL').arn}"
        asked = provider.importer.parameters(uri, Wrapping.RSA_AES, now=NOW)
        wrapped = wrap_by_hand(load_der_public_key(asked.public_key), os.urandom(32), asked.wrapping)
        provider.importer.take(uri, asked, wrapped, told=hashlib.sha256(wrapped).digest(), expires_at=None)
        about, key = context(), SecretKey.generate()
        assert provider.unwrap(uri, provider.wrap(uri, key, about).ciphertext, about) == key

        theirs = f"aws-kms:{kms.create_key(Origin='EXTERNAL').arn}"
        with pytest.raises(Denied, match="own account"):
            provider.importer.parameters(theirs, Wrapping.RSA_AES, now=NOW)


def test_a_store_without_imports_says_so(tmp_path):
    registry.register("contract", lambda: LocalProvider(tmp_path))
    try:
        with pytest.raises(Operator, match="no imported keys"):
            importing.importer_for("contract:x")
    finally:
        registry.unregister("contract")
