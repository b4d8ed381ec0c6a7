"""The portal under production settings: the complete example environment, in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
ANSWERS = """
import json, os, sys
sys.path.insert(0, "tools")
from production_check import example_environment
os.environ.update(example_environment())
import django
django.setup()
from django.conf import settings
from django.test import Client
plain, secure = Client().get("/login/"), Client().get("/healthz", secure=True)
print(json.dumps({
    "debug": settings.DEBUG,
    "plain": [plain.status_code, plain.get("Location")],
    "hsts": secure["Strict-Transport-Security"],
    "policy": secure["Content-Security-Policy"],
    "probe": Client().get("/healthz").status_code,
    "cookies": [settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME],
    "flags": [settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY],
    "hasher": settings.PASSWORD_HASHERS[0],
    "uploads": settings.FILE_UPLOAD_HANDLERS,
}))
"""


def run(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    base = {"PATH": os.environ["PATH"], "ALLOWED_HOSTS": "testserver"}
    return subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=base | environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def answers():
    script = ANSWERS.replace("example_environment())", "example_environment() | {'ALLOWED_HOSTS': 'testserver'})")
    done = run(script)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_plain_http_is_sent_to_https(answers):
    assert answers["plain"] == [301, "https://testserver/login/"]


def test_a_browser_remembers_https_for_a_year_with_subdomains(answers):
    assert answers["hsts"] == "max-age=31536000; includeSubDomains; preload"


def test_a_load_balancer_may_ask_over_plain_http(answers):
    assert answers["probe"] == 200


def test_cookies_are_for_this_host_over_https_only(answers):
    assert answers["cookies"] == ["__Host-session", "__Host-csrf"]
    assert answers["flags"] == [True, True, True]


def test_the_content_policy_has_no_exception(answers):
    assert "unsafe" not in answers["policy"]
    assert "default-src 'none'" in answers["policy"]


def test_passwords_and_uploads_go_the_safe_way(answers):
    assert answers["hasher"].endswith(".BCryptSHA256PasswordHasher")
    assert not any("Temporary" in handler for handler in answers["uploads"])
    assert answers["debug"] is False


def test_debugging_pages_cannot_be_turned_on_where_https_is():
    done = run("import ascend_portal.settings", DEVELOPMENT="true", HTTPS_ONLY="true")
    assert "DEVELOPMENT shows stack traces to everybody" in done.stderr


def test_a_server_without_a_secret_key_does_not_come_up():
    done = run("import ascend_portal.wsgi", DJANGO_SETTINGS_MODULE="ascend_portal.settings")
    assert done.returncode != 0
    assert "SECRET_KEY" in done.stderr
