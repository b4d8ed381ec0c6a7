"""The fixtures of the keychain's integration tests: a fresh process, a key folder of its own, a switched provider."""

from tests.integration.keychain.conftest import (  # noqa: F401 (fixtures)
    fake_clock,
    fresh_process,
    key_file,
    organization,
    other_organization,
    provider,
)
