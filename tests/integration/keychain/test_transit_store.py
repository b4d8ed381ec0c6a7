"""An organization whose master key is in a real OpenBao: values stop with the key, the other organization's do not."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from ascend.keychain import keyring, prober, provisioning, revocation
from ascend.keychain.errors import KeyUnavailable
from ascend.keychain.states import State
from ascend.scope import organization_scope
from tests.contract.store_files import write

pytestmark = pytest.mark.django_db


@pytest.fixture
def key_names(settings, tmp_path, openbao, organization, other_organization):
    names = {organization: f"k{uuid4()}", other_organization: f"k{uuid4()}"}
    role = openbao.make_role("ascend", *names.values())
    (tmp_path / "stores").mkdir()
    write(tmp_path / "stores", "bao", kind="transit", address=openbao.url, ca=str(openbao.ca), **role)
    settings.ASCEND_STORES_DIR = tmp_path / "stores"
    settings.ASCEND_OUTBOUND_ALLOW = ("127.0.0.0/8", "::1")
    for each, name in names.items():
        openbao.make_key(name)
        provisioning.provision(each, provider_uri=f"transit:bao/{name}")
    return names


def seal_and_forget(organization, label):
    with organization_scope(organization):
        envelope = keyring.field_keys(label).sealer(organization).seal(b"123-45-6789")
    keyring.close()
    return envelope


def opened(organization, label, envelope):
    with organization_scope(organization):
        return keyring.field_keys(label).opener(envelope[:9]).open(envelope)


def test_values_stop_with_a_soft_deleted_key_and_come_back_with_it(
    key_names, openbao, organization, other_organization
):
    label = f"app.{uuid4()}"
    envelopes = {each: seal_and_forget(each, label) for each in key_names}
    path = f"transit/keys/{key_names[organization]}"

    openbao("DELETE", f"{path}/soft-delete")
    with pytest.raises(KeyUnavailable, match="soft-deleted") as refusal:
        opened(organization, label, envelopes[organization])
    assert "soft-delete-restore" in refusal.value.fix
    assert opened(other_organization, label, envelopes[other_organization]) == b"123-45-6789"

    openbao("POST", f"{path}/soft-delete-restore", {})
    assert prober.ask(organization) is None
    truth = revocation.read_epochs([organization])[organization]
    assert truth.state == State.SUSPENDED
    revocation.restore(organization, epoch=truth.epoch, now=timezone.now() + timedelta(seconds=5))
    keyring.close()
    assert opened(organization, label, envelopes[organization]) == b"123-45-6789"


def test_a_sealed_store_suspends_nobody_and_is_said(key_names, openbao, organization):
    label = f"app.{uuid4()}"
    envelope = seal_and_forget(organization, label)
    openbao.seal()
    try:
        with pytest.raises(KeyUnavailable, match="sealed") as refusal:
            opened(organization, label, envelope)
        assert refusal.value.retry_after_seconds
    finally:
        openbao.unseal()
    assert revocation.read_epochs([organization])[organization].state == State.ACTIVE
    keyring.close()
    assert opened(organization, label, envelope) == b"123-45-6789"
