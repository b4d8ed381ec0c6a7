"""The PKCS#11 provider keeps the contract with a real module (SoftHSM2): its errors, its threads and its children."""

import pytest

from ascend.providers.pkcs11.module import HsmSettings, module_at
from ascend.providers.pkcs11.provider import Pkcs11Provider
from tests.contract import softhsm
from tests.contract.provider_contract import ProviderContract, context

pytestmark = pytest.mark.hsm


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("SOFTHSM2_CONF", "")
    softhsm.configure(tmp_path / "hsm")
    softhsm.make_token("byok")
    pins = tmp_path / "pins"
    pins.mkdir(mode=0o700)
    (pins / "byok.pin").write_text(softhsm.PIN)
    (pins / "byok.pin").chmod(0o600)
    yield HsmSettings(softhsm.MODULE, pins, tmp_path / "state", b"k" * 32)
    module_at(softhsm.MODULE).close()


@pytest.fixture
def provider(settings):
    return Pkcs11Provider(settings)


@pytest.fixture
def uri(provider):
    provider.provision("pkcs11:token=byok;object=one")
    return "pkcs11:token=byok;object=one"


class TestPkcs11Provider(ProviderContract):
    @pytest.fixture
    def other_uri(self, provider):
        provider.provision("pkcs11:token=byok;object=two")
        return "pkcs11:token=byok;object=two"

    @pytest.fixture
    def missing_uri(self):
        return "pkcs11:token=byok;object=none"
