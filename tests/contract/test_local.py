"""The local provider keeps the contract, and treats its file as a customer's key store treats a key."""

import base64
import os
import threading

import pytest

from ascend.envelope.keys import SecretKey
from ascend.providers import registry
from ascend.providers.contract import Denied, Integrity, Operator
from ascend.providers.local import LocalProvider
from tests.contract.provider_contract import ProviderContract, context


class TestLocalProvider(ProviderContract):
    @pytest.fixture
    def provider(self, tmp_path):
        return LocalProvider(tmp_path / "keys")

    @pytest.fixture
    def uri(self, provider):
        provider.provision("local:one")
        return "local:one"

    @pytest.fixture
    def other_uri(self, provider):
        provider.provision("local:two")
        return "local:two"

    @pytest.fixture
    def missing_uri(self):
        return "local:none"

    def test_the_file_is_for_its_owner_alone(self, provider, uri):
        path = provider.path(uri)
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert len(base64.b64decode(path.read_bytes())) == 32

    def test_provisioning_leaves_no_draft_behind(self, provider, uri):
        provider.provision(uri)
        assert [entry.name for entry in provider.path(uri).parent.iterdir()] == ["one.key"]

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o660, 0o610])
    def test_a_file_open_to_others_is_denied(self, provider, uri, mode):
        provider.path(uri).chmod(mode)
        with pytest.raises(Denied, match="chmod 600"):
            provider.describe(uri)

    def test_a_renamed_file_is_denied_as_gone_and_works_once_it_is_back(self, provider, uri):
        about, path = context(), provider.path(uri)
        wrapped = provider.wrap(uri, SecretKey.generate(), about).ciphertext
        path.rename(path.with_suffix(".away"))
        with pytest.raises(Denied) as refusal:
            provider.unwrap(uri, wrapped, about)
        assert refusal.value.gone
        path.with_suffix(".away").rename(path)
        assert isinstance(provider.unwrap(uri, wrapped, about), SecretKey)

    @pytest.mark.parametrize("content", [b"", b"short", b"not base64!", base64.b64encode(bytes(31)), os.urandom(32)])
    def test_a_file_without_a_key_is_denied(self, provider, uri, content):
        provider.path(uri).write_bytes(content)
        with pytest.raises(Denied, match="does not hold a key"):
            provider.describe(uri)

    def test_a_folder_in_place_of_the_file_is_denied(self, provider, uri):
        path = provider.path(uri)
        path.unlink()
        path.mkdir()
        with pytest.raises(Denied):
            provider.describe(uri)

    def test_a_replaced_file_is_an_integrity_error(self, provider, uri):
        about = context()
        wrapped = provider.wrap(uri, SecretKey.generate(), about).ciphertext
        provider.path(uri).unlink()
        provider.provision(uri)
        with pytest.raises(Integrity):
            provider.unwrap(uri, wrapped, about)

    @pytest.mark.parametrize("uri", ["local:", "local:../etc", "local:a/b", "local:A", "kms:one", "local:.hidden"])
    def test_a_name_that_could_leave_the_folder_is_refused(self, provider, uri):
        with pytest.raises(Operator):
            provider.path(uri)

    def test_many_threads_that_provision_end_with_one_key(self, provider):
        threads = [threading.Thread(target=provider.provision, args=("local:race",)) for _ in range(16)]
        for thread in threads:
            thread.start()
        seen = set()
        for thread in threads:
            thread.join()
            seen.add(provider.describe("local:race").material_id)
        assert len(seen) == 1


class Unbinding:
    scheme = "unbinding"
    binds_context = False


def test_a_provider_that_binds_no_context_is_refused():
    registry.register("unbinding", Unbinding)
    try:
        with pytest.raises(Operator, match="does not bind a context"):
            registry.provider_for("unbinding:x")
    finally:
        registry.unregister("unbinding")


def test_an_unknown_scheme_is_our_own_mistake():
    with pytest.raises(Operator, match="known schemes"):
        registry.provider_for("nothing:x")


def test_a_folder_that_cannot_be_written_is_our_own_mistake(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(Operator, match="cannot be created"):
        LocalProvider(blocked).provision("local:one")
