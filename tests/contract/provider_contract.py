"""What every provider of master keys must do. A provider's tests subclass this and name how to break its key."""

import os
import threading
import time
from uuid import uuid4

import pytest

from ascend.envelope.keys import SecretKey
from ascend.providers import contract, registry
from ascend.providers.contract import Denied, Integrity, Operator, ProviderError, Transient


def context(**changes):
    base = {
        contract.ORGANIZATION: str(uuid4()),
        contract.DEPLOYMENT: "tests",
        contract.ENVIRONMENT: "tests",
        contract.KEY: str(uuid4()),
        contract.LEVEL: "2",
        contract.PURPOSE: "wrap",
    }
    return {**base, **changes}


def in_a_child(work):
    """Run `work` in a forked child and return whether it went through."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def patiently(call):
    """Return what the call gives: among many at once on a busy machine one may take longer than a provider waits."""
    for _ in range(20):
        try:
            return call()
        except Transient:
            time.sleep(0.1)
    return call()


class ProviderContract:
    """Subclass with fixtures `provider`, `uri` (provisioned), `other_uri` (provisioned) and `missing_uri`."""

    def test_a_wrapped_key_unwraps_under_the_same_context(self, provider, uri):
        key, about = SecretKey.generate(), context()
        assert provider.unwrap(uri, provider.wrap(uri, key, about).ciphertext, dict(reversed(about.items()))) == key

    def test_a_generated_key_is_the_one_that_its_wrap_holds(self, provider, uri):
        about = context()
        made = provider.generate(uri, about)
        assert provider.unwrap(uri, made.wrapped.ciphertext, about) == made.key

    def test_two_generated_keys_differ(self, provider, uri):
        about = context()
        assert provider.generate(uri, about).key != provider.generate(uri, about).key

    def test_two_wraps_of_one_key_differ(self, provider, uri):
        key, about = SecretKey.generate(), context()
        assert provider.wrap(uri, key, about).ciphertext != provider.wrap(uri, key, about).ciphertext

    def test_a_wrap_does_not_hold_the_key_in_the_clear(self, provider, uri):
        key = SecretKey.generate()
        assert key.material not in provider.wrap(uri, key, context()).ciphertext

    @pytest.mark.parametrize("name", contract.REQUIRED_CONTEXT)
    def test_each_entry_of_the_context_is_bound(self, provider, uri, name):
        """PV-1."""
        about = context()
        wrapped = provider.wrap(uri, SecretKey.generate(), about)
        with pytest.raises((Integrity, Denied)):
            provider.unwrap(uri, wrapped.ciphertext, {**about, name: str(uuid4())})

    @pytest.mark.parametrize("name", contract.REQUIRED_CONTEXT)
    def test_a_context_that_lacks_an_entry_is_refused(self, provider, uri, name):
        about = context()
        wrapped = provider.wrap(uri, SecretKey.generate(), about)
        less = {key: value for key, value in about.items() if key != name}
        for call in (
            lambda: provider.wrap(uri, SecretKey.generate(), less),
            lambda: provider.unwrap(uri, wrapped.ciphertext, less),
            lambda: provider.generate(uri, less),
        ):
            with pytest.raises(Operator, match=name):
                call()

    def test_every_changed_byte_of_a_wrap_is_refused(self, provider, uri):
        about = context()
        wrapped = provider.wrap(uri, SecretKey.generate(), about).ciphertext
        for position in range(len(wrapped)):
            changed = bytearray(wrapped)
            changed[position] ^= 1
            with pytest.raises(Integrity):
                provider.unwrap(uri, bytes(changed), about)

    def test_every_truncated_wrap_is_refused(self, provider, uri):
        about = context()
        wrapped = provider.wrap(uri, SecretKey.generate(), about).ciphertext
        for length in range(len(wrapped)):
            with pytest.raises(Integrity):
                provider.unwrap(uri, wrapped[:length], about)

    def test_a_wrap_does_not_open_under_another_master_key(self, provider, uri, other_uri):
        about = context()
        wrapped = provider.wrap(uri, SecretKey.generate(), about).ciphertext
        with pytest.raises((Integrity, Denied)):
            provider.unwrap(other_uri, wrapped, about)

    def test_a_missing_master_key_is_a_denial_that_names_cause_and_fix(self, provider, missing_uri):
        for call in (
            lambda: provider.wrap(missing_uri, SecretKey.generate(), context()),
            lambda: provider.unwrap(missing_uri, bytes(61), context()),
            lambda: provider.generate(missing_uri, context()),
            lambda: provider.describe(missing_uri),
        ):
            with pytest.raises(Denied) as refusal:
                call()
            assert refusal.value.cause
            assert refusal.value.fix

    def test_the_description_and_the_wrap_name_the_same_material(self, provider, uri):
        described = provider.describe(uri)
        assert described.enabled
        assert described.material_id == provider.wrap(uri, SecretKey.generate(), context()).material_id != ""

    def test_provisioning_again_keeps_the_key(self, provider, uri):
        before = provider.describe(uri).material_id
        provider.provision(uri)
        assert provider.describe(uri).material_id == before

    def test_every_call_has_a_request_id_of_its_own(self, provider, uri):
        ids = {provider.wrap(uri, SecretKey.generate(), context()).request_id for _ in range(3)}
        assert len(ids - {""}) == 3

    def test_it_binds_a_context_so_the_registry_hands_it_out(self, provider, uri):
        registry.register("contract", lambda: provider)
        try:
            assert registry.provider_for("contract:x") is provider
        finally:
            registry.unregister("contract")
        assert uri.startswith(f"{provider.scheme}:")

    def test_no_error_quotes_a_key(self, provider, uri):
        key, about = SecretKey.generate(), context()
        wrapped = provider.wrap(uri, key, about).ciphertext
        with pytest.raises(ProviderError) as refusal:
            provider.unwrap(uri, wrapped, context())
        assert key.material.hex() not in repr(refusal.value)

    def test_many_threads_wrap_and_unwrap_at_once(self, provider, uri):
        outcomes = []

        def work():
            about, key = context(), SecretKey.generate()
            for _ in range(5):
                wrapped = patiently(lambda: provider.wrap(uri, key, about)).ciphertext
                outcomes.append(patiently(lambda: provider.unwrap(uri, wrapped, about)) == key)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert outcomes == [True] * 40

    def test_forked_children_use_it_beside_their_parent(self, provider, uri):
        about, key = context(), SecretKey.generate()
        wrapped = provider.wrap(uri, key, about).ciphertext

        def work():
            assert patiently(lambda: provider.unwrap(uri, wrapped, about)) == key
            again = patiently(lambda: provider.wrap(uri, key, about)).ciphertext
            assert patiently(lambda: provider.unwrap(uri, again, about)) == key

        assert [in_a_child(work) for _ in range(3)] == [True] * 3
        work()

    def test_a_wrap_of_one_organization_does_not_open_for_another(self, provider, uri):
        about, key = context(), SecretKey.generate()
        wrapped = provider.wrap(uri, key, about).ciphertext
        with pytest.raises((Integrity, Denied)):
            provider.unwrap(uri, wrapped, {**about, contract.ORGANIZATION: str(uuid4())})
        assert provider.unwrap(uri, wrapped, about) == key
