"""What every test starts from."""

import pytest
from django.conf import settings
from django.contrib.auth.hashers import BCryptSHA256PasswordHasher
from hypothesis import settings as hypothesis_settings


def pytest_configure() -> None:
    """Serve static files unhashed (nothing was collected), and hash passwords with few rounds."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    BCryptSHA256PasswordHasher.rounds = 4
    # How long an example takes says how busy the machine is. Timings are printed by benchmarks, never asserted.
    hypothesis_settings.register_profile("house", deadline=None)
    hypothesis_settings.load_profile("house")


@pytest.fixture(autouse=True)
def _no_keys_are_left(request):
    """End leases and threads of the keychain with each test.

    Where pytest-django rolls the test back, the keys join its transaction; otherwise they are
    made on connections of their own, as in a running portal.
    """
    from ascend.keychain import database, keyring

    marker = request.node.get_closest_marker("django_db")
    commits = marker is not None and marker.kwargs.get("transaction")
    if commits or {"transactional_db", "live_server"} & set(request.fixturenames):
        yield
    else:
        with database.inline():
            yield
            keyring.close()
    keyring.close()


@pytest.fixture(scope="session")
def openbao(tmp_path_factory):
    """A real OpenBao over TLS, one for the whole run."""
    from tests.contract.openbao import OpenBao

    server = OpenBao(tmp_path_factory.mktemp("openbao"))
    server.start()
    yield server
    server.stop()
