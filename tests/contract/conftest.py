"""Servers that the providers' tests share."""

import pytest

from tests.contract.openbao import OpenBao


@pytest.fixture(scope="session")
def openbao(tmp_path_factory):
    server = OpenBao(tmp_path_factory.mktemp("openbao"))
    server.start()
    yield server
    server.stop()
