"""What can be checked and proved of each kind of key is one table, and what it calls live is done for real."""

import base64
import os
import subprocess

import pytest
from pkcs11 import Attribute

from ascend.providers import applicability, contract, examination, registry
from ascend.providers.addresses import AddressRule
from ascend.providers.applicability import PROOFS, TABLE, Applies, Kind, Proof
from ascend.providers.contract import Integrity
from ascend.providers.pkcs11 import address
from ascend.providers.pkcs11.module import HsmSettings, module_at
from ascend.providers.pkcs11.provider import Pkcs11Provider
from ascend.providers.transit import proof
from ascend.providers.transit.provider import TransitProvider
from ascend.providers.xks.provider import XksProvider
from ascend.testing.xks import Credential, XksProxy
from byok.checks.ladder import LADDER
from tests.contract import softhsm
from tests.contract.openbao import program
from tests.contract.provider_contract import context
from tests.contract.store_files import write

pytestmark = pytest.mark.hsm
HERE = AddressRule.of(["127.0.0.0/8", "::1"])


class TestTheTable:
    def test_it_knows_every_rung_of_the_ladder_that_people_see(self):
        assert {rung.slug for rung in LADDER} <= set(TABLE)

    def test_every_check_has_a_cell_for_every_kind(self):
        assert all(set(row) == set(Kind) for row in TABLE.values())
        assert set(PROOFS) == set(Kind)

    def test_what_cannot_be_asked_is_never_called_live(self):
        assert applicability.cell("region", Kind.PKCS11).applies is Applies.NONE
        assert "region" not in applicability.live_checks(Kind.XKS)

    def test_all_checks_of_aws_kms_are_of_its_ladder(self):
        live = {slug for slug, row in TABLE.items() if row[Kind.AWS_KMS].applies is Applies.LIVE}
        assert {rung.slug for rung in LADDER} <= live

    def test_an_own_context_that_another_opens_is_a_failure_in_every_kind(self):
        for row in (TABLE["foreign-unwrap"], TABLE["wrap"], TABLE["latency"]):
            assert {kind for kind, each in row.items() if each.applies is not Applies.LIVE} == {Kind.IMPORTED}

    def test_what_is_made_through_the_contract_is_in_the_table(self):
        assert set(examination.CHECKS) <= set(TABLE)

    def test_a_key_whose_pin_is_ours_is_not_proved_by_a_ciphertext(self):
        assert PROOFS[Kind.PKCS11][0] is PROOFS[Kind.XKS][0] is Proof.SWITCH


@pytest.fixture
def served():
    names = []

    def serve(scheme, provider):
        before = registry._factories.get(scheme)
        names.append((scheme, before))
        registry.register(scheme, lambda: provider)

    yield serve
    for scheme, before in names:
        registry.unregister(scheme)
        if before:
            registry.register(scheme, before)


@pytest.fixture
def hsm(tmp_path, monkeypatch, served):
    monkeypatch.setenv("SOFTHSM2_CONF", "")
    softhsm.configure(tmp_path / "hsm")
    softhsm.make_token("byok")
    (tmp_path / "pins").mkdir()
    softhsm.write_pin(tmp_path / "pins", "byok", softhsm.PIN)
    settings = HsmSettings(softhsm.MODULE, tmp_path / "pins", tmp_path / "state", b"k" * 32)
    provider = Pkcs11Provider(settings)
    served("pkcs11", provider)
    provider.provision("pkcs11:token=byok;object=one")
    yield settings
    module_at(softhsm.MODULE).close()


def examined(uri):
    own = context()
    return {found.slug: found for found in examination.examine(uri, own=own, foreign={**own, **context()})}


def test_a_good_key_in_an_hsm_passes_all(hsm):
    found = examined("pkcs11:token=byok;object=one")
    assert set(found) == {"describe", "generate", "wrap", "foreign-unwrap", "rotation", "latency"}
    assert all(each.passed and not each.fix for each in found.values()), found
    assert "ms" in found["latency"].cause


def test_a_key_that_may_not_be_used_fails_with_cause_and_fix(hsm):
    def work(session):
        [key] = session.get_objects({Attribute.LABEL: "one"})
        key[Attribute.DECRYPT] = False

    where = address.TokenAddress(token="byok")
    module_at(hsm.module).call(hsm, where, work, writes=True)
    found = examined("pkcs11:token=byok;object=one")
    assert not found["describe"].passed
    assert not found["wrap"].passed
    assert "CKA_DECRYPT" in found["wrap"].fix


def test_a_good_key_of_transit_passes_all(tmp_path, openbao, served):
    openbao.make_key("examined")
    role = openbao.make_role("examiner", "examined")
    write(tmp_path, "bao", kind="transit", address=openbao.url, ca=str(openbao.ca), **role)
    served("transit", TransitProvider(tmp_path, HERE))
    found = examined("transit:bao/examined")
    assert all(each.passed for each in found.values()), found
    assert "rotation" in found


def test_a_good_key_behind_a_proxy_passes_what_applies_and_its_lack_of_versions_is_not_a_pass(tmp_path, served):
    with XksProxy() as proxy:
        known = Credential()
        write(
            tmp_path, "hold", kind="xks", address=proxy.url, access_key_id=known.access_key_id,
            secret_access_key=known.secret,
        )  # fmt: skip
        served("xks", XksProvider(tmp_path, HERE))
        found = examined("xks:hold/key-1")
        assert all(each.passed for each in found.values()), found
        assert "rotation" not in found
        proxy.keys["key-1"].status = "DISABLED"
        assert not any(each.passed for each in examined("xks:hold/key-1").values())


class Forgetful(TransitProvider):
    """Opens for everybody: what the checks are there to find."""

    def unwrap(self, uri, ciphertext, about):
        return super().unwrap(uri, ciphertext, self.kept)

    def wrap(self, uri, key, about):
        self.kept = about
        return super().wrap(uri, key, about)


def test_a_store_that_opens_for_another_organization_is_found(tmp_path, openbao, served):
    openbao.make_key("examined")
    role = openbao.make_role("examiner", "examined")
    write(tmp_path, "bao", kind="transit", address=openbao.url, ca=str(openbao.ca), **role)
    served("transit", Forgetful(tmp_path, HERE))
    found = examined("transit:bao/examined")["foreign-unwrap"]
    assert not found.passed
    assert "another organization" in found.cause


class TestTheProofOfTransit:
    @pytest.fixture
    def provider(self, tmp_path, openbao):
        openbao.make_key("proved")
        role = openbao.make_role("prover", "proved")
        write(tmp_path, "bao", kind="transit", address=openbao.url, ca=str(openbao.ca), **role)
        return TransitProvider(tmp_path, HERE)

    def test_the_printed_line_proves_control_of_this_key_with_this_nonce(self, provider, openbao, tmp_path):
        nonce, about = os.urandom(32), context(**{contract.PURPOSE: "proof"})
        environment = {
            "BAO_ADDR": openbao.url, "BAO_TOKEN": openbao.token, "BAO_CACERT": str(openbao.ca), "HOME": str(tmp_path),
            "PATH": f"{program().parent}:/usr/bin:/bin",
        }  # fmt: skip
        line = proof.command("proved", nonce, about)
        done = subprocess.run(["/bin/sh", "-ec", line], env=environment, capture_output=True, text=True, check=True)
        proof.require_nonce(provider, "transit:bao/proved", done.stdout, nonce, about)
        for other_nonce, other_context in ((os.urandom(32), about), (nonce, context(**{contract.PURPOSE: "proof"}))):
            with pytest.raises(Integrity):
                proof.require_nonce(provider, "transit:bao/proved", done.stdout, other_nonce, other_context)

    @pytest.mark.parametrize("said", ["", "vault:v1:", "hello", base64.b64encode(bytes(60)).decode()])
    def test_something_else_proves_nothing(self, provider, said):
        with pytest.raises(Integrity, match="does not prove"):
            proof.require_nonce(provider, "transit:bao/proved", said, bytes(32), context())
