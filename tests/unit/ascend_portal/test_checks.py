"""What `manage.py check --deploy` refuses, one id after the other."""

import pytest

from ascend_portal import checks


@pytest.fixture
def database(settings, monkeypatch):
    """Describe the database otherwise, until the test ends."""

    def describe(host: str, sslmode: str | None = None) -> None:
        monkeypatch.setitem(settings.DATABASES["default"], "HOST", host)
        monkeypatch.setitem(settings.DATABASES["default"], "OPTIONS", {"sslmode": sslmode} if sslmode else {})

    return describe


@pytest.fixture(autouse=True)
def production(settings, database):
    settings.SECRET_KEY = "k" * 64
    settings.HTTPS_ONLY = True
    settings.PORTAL_URL = "https://portal.example.com"
    database("db.example.com", "verify-full")
    settings.REDIS_URL = "rediss://portal:password@redis.example.com/0?ssl_cert_reqs=required"
    settings.ALLOWED_HOSTS = ["portal.example.com"]
    settings.DEMO = False


def found() -> set[str]:
    functions = (
        checks.secret_key,
        checks.https_only,
        checks.database_tls,
        checks.redis_tls,
        checks.any_host,
        checks.demonstration,
    )
    messages = [message for function in functions for message in function(None)]
    assert all(message.hint for message in messages)
    return {message.id for message in messages}


def test_production_settings_pass():
    assert found() == set()


@pytest.mark.parametrize("key", ["", "k" * 49])
def test_a_missing_or_short_secret_key_is_e001(settings, key):
    settings.SECRET_KEY = key
    assert found() == {"ascend_portal.E001"}


def test_plain_http_is_e002(settings):
    settings.HTTPS_ONLY = False
    assert found() == {"ascend_portal.E002"}


def test_an_address_without_https_is_e003(settings):
    settings.PORTAL_URL = "http://portal.example.com"
    assert found() == {"ascend_portal.E003"}


@pytest.mark.parametrize("mode", [None, "disable", "prefer", "require"])
def test_postgresql_without_verified_tls_is_e004(database, mode):
    database("db.example.com", mode)
    assert found() == {"ascend_portal.E004"}


def test_postgresql_on_a_unix_socket_needs_no_tls(database):
    database("/run/postgresql")
    assert found() == set()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "redis://redis.example.com/0",
        "rediss://redis.example.com/0?ssl_cert_reqs=none",
        "rediss://redis.example.com/0?ssl_cert_reqs=CERT_OPTIONAL",
    ],
)
def test_redis_without_verified_tls_is_e005(settings, url):
    settings.REDIS_URL = url
    assert found() == {"ascend_portal.E005"}


def test_every_host_name_is_e006(settings):
    settings.ALLOWED_HOSTS = ["*"]
    assert found() == {"ascend_portal.E006"}


def test_a_demonstration_is_w001(settings):
    settings.DEMO = True
    assert found() == {"ascend_portal.W001"}
