"""An organization whose master key is in an HSM: values stop with the key and come back with it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from pkcs11 import Attribute

from ascend.envelope.errors import DecryptionFailed
from ascend.keychain import keyring, prober, provisioning, revocation
from ascend.keychain.errors import KeyUnavailable
from ascend.keychain.models import Key
from ascend.keychain.states import Level
from ascend.providers.contract import Denied
from ascend.providers.pkcs11 import address
from ascend.providers.pkcs11.module import HsmSettings, module_at
from ascend.scope import organization_scope
from tests.contract import softhsm

pytestmark = [pytest.mark.hsm, pytest.mark.django_db]


@pytest.fixture
def hsm(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("SOFTHSM2_CONF", "")
    softhsm.configure(tmp_path / "hsm")
    softhsm.make_token("byok")
    settings.ASCEND_PROVIDER = "pkcs11:token=byok;object={organization}"
    settings.ASCEND_PKCS11_MODULE = softhsm.MODULE
    settings.ASCEND_PKCS11_PINS_DIR = tmp_path / "pins"
    settings.ASCEND_PKCS11_STATE_DIR = tmp_path / "state"
    settings.ASCEND_PKCS11_PINS_DIR.mkdir()
    softhsm.write_pin(settings.ASCEND_PKCS11_PINS_DIR, "byok", softhsm.PIN)
    yield HsmSettings(softhsm.MODULE, tmp_path / "pins", tmp_path / "state", b"k" * 32)
    module_at(softhsm.MODULE).close()


def set_use(hsm, organization_id, *, to):
    def work(session):
        [key] = session.get_objects({Attribute.LABEL: str(organization_id)})
        key[Attribute.DECRYPT] = to

    where = address.TokenAddress(token="byok")
    module_at(hsm.module).call(hsm, where, work, writes=True)


def test_values_stop_with_the_owners_key_and_come_back_with_it(hsm, organization, other_organization, fake_clock):
    label, envelopes = f"app.{uuid4()}", {}
    for each in (organization, other_organization):
        with organization_scope(each):
            envelopes[each] = keyring.field_keys(label).sealer(each).seal(b"123-45-6789")
    keyring.close()

    set_use(hsm, organization, to=False)
    with organization_scope(organization), pytest.raises(KeyUnavailable, match="may not wrap and unwrap"):
        keyring.field_keys(label).opener(envelopes[organization][:9]).open(envelopes[organization])
    with organization_scope(other_organization):
        opener = keyring.field_keys(label).opener(envelopes[other_organization][:9])
        assert opener.open(envelopes[other_organization]) == b"123-45-6789"
        with pytest.raises(DecryptionFailed):
            opener.open(envelopes[organization])

    set_use(hsm, organization, to=True)
    assert prober.ask(organization) is None
    truth = revocation.read_epochs([organization])[organization]
    revocation.restore(organization, epoch=truth.epoch, now=timezone.now() + timedelta(seconds=5))
    keyring.close()
    with organization_scope(organization):
        opener = keyring.field_keys(label).opener(envelopes[organization][:9])
        assert opener.open(envelopes[organization]) == b"123-45-6789"


def test_the_prober_hears_the_owners_refusal(hsm, organization):
    provisioning.provision(organization)
    assert prober.ask(organization) is None
    set_use(hsm, organization, to=False)
    assert isinstance(prober.ask(organization), Denied)


def test_two_organizations_have_two_keys_in_the_hsm(hsm, organization, other_organization):
    for each in (organization, other_organization):
        provisioning.provision(each)
    masters = Key.objects.filter(level=Level.MASTER_KEY)
    uris = {key.provider_uri for key in masters}
    assert uris == {f"pkcs11:token=byok;object={each}" for each in (organization, other_organization)}
    tenants = Key.objects.filter(level=Level.TENANT_KEY).values_list("material_id", flat=True)
    assert len(set(tenants)) == 2
