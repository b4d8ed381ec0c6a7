"""A process that runs out of something has not been refused by anybody: no organization is suspended for it."""

import os
import resource
from contextlib import contextmanager

import pytest

from ascend.keychain import keyring, process
from ascend.keychain.errors import KeyUnavailable
from ascend.keychain.models import Revocation
from ascend.providers.contract import Transient
from ascend.providers.local import LocalProvider
from tests.integration.keychain.test_keyring import opened, sealed

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def no_descriptor_left():
    lowest_free = os.dup(0)
    os.close(lowest_free)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Short(LocalProvider):
    """Reads its key files while the process has no descriptor left."""

    def _read(self, uri):
        with no_descriptor_left():
            return super()._read(uri)


def test_no_descriptor_left_is_no_refusal(tmp_path):
    LocalProvider(tmp_path).provision("local:alice")
    with pytest.raises(Transient):
        Short(tmp_path).describe("local:alice")


def test_the_organization_is_unavailable_and_not_suspended(organization, settings, monkeypatch):
    from ascend.providers import registry

    envelope = sealed(organization)
    process.drop_all()
    monkeypatch.setitem(registry._factories, "local", lambda: Short(settings.ASCEND_LOCAL_KEYS_DIR))
    with pytest.raises(KeyUnavailable):
        opened(organization, envelope)
    assert Revocation.objects.get(organization_id=organization).state == "active"
    monkeypatch.undo()
    keyring.close()
    assert opened(organization, envelope) == b"value"
