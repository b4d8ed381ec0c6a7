"""docs/guides/shredding.md, followed step by step in a new project on SQLite that has no other app of ours."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/guides/shredding.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", GUIDE, flags=re.MULTILINE | re.DOTALL)
BEFORE = """
import base64
from pathlib import Path

BASE_DIR = Path(__file__).parent
SECRET_KEY = "tests"
USE_TZ = True
INSTALLED_APPS = ["ascend", "shop"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "data.sqlite3"}}
ASCEND_DEPLOYMENT = "shop-tests"
ASCEND_REGISTRY_KEY = base64.b64encode(bytes(32)).decode()
ASCEND_LOCAL_KEYS_DIR = BASE_DIR / "keys"
ASCEND_DEFAULT_ORGANIZATION = "6f0c1d52-7a0e-4f5e-9d5b-1f7f4d1f7a10"
ASCEND_LEASE_SECONDS = 5  # the test waits for the end of one
"""
MANAGE = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""


class Shop:
    def __init__(self, folder):
        self.folder = folder

    def python(self, *arguments, code=0):
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{self.folder}"}
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder, env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout if code == 0 else done.stderr

    def shell(self, body, code=0):
        return self.python(
            "-c",
            f"import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'settings'; django.setup()\n{body}",
            code=code,
        )

    def line(self, line):
        """Run one line of the guide, with its redirection."""
        words, target = shlex.split(line), None
        if ">" in words:
            words, target = words[: words.index(">")], words[-1]
        assert words[0] == "python"
        said = self.python(*words[1:])
        if target:
            (self.folder / target).write_text(said)
        return said


def blocks(kind, first=""):
    return [body for language, body in BLOCKS if language == kind and body.startswith(first)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    (folder / "settings.py").write_text(BEFORE + blocks("python", "# settings.py")[0])
    (folder / "manage.py").write_text(MANAGE)
    (folder / "keys").mkdir(mode=0o700)
    (folder / "shop").mkdir()
    (folder / "shop/__init__.py").touch()
    (folder / "shop/models.py").write_text(blocks("python", "# shop/models.py")[0])
    return Shop(folder)


def test_the_guide_works_line_by_line(shop):
    migrate, shred, resume, renew, restore = (body.splitlines() for body in blocks(""))
    for line in migrate:
        assert "Error" not in shop.line(line)
    shop.shell(blocks("python", "# python manage.py shell")[0])
    for line in shred:
        said = shop.line(line)
    assert "This deployment issued it." in said
    certificate = json.loads((shop.folder / "certificate.json").read_text())
    assert certificate["approved_by"] == "Olivia Officer"
    assert [table["rows"] for table in certificate["tables"]] == [1, 1]
    shop.shell(
        "from shop.models import Customer, Order\n"
        "from ascend.keychain.errors import Shredded\n"
        "readable = 0\n"
        "for customer in Customer.objects.all():\n"
        "    try:\n"
        "        readable += bool(customer.email)\n"
        "    except Shredded:\n"
        "        assert str(customer.pk).startswith('0b54c2d6')\n"
        "assert readable == 1000\n"
        "assert not Customer.objects.filter(ssn='123-45-6789').exists()\n"
    )
    for line in [*resume, *renew, *restore]:
        shop.line(line)
    shop.shell(
        "from shop.models import Customer\n"
        "row = Customer.objects.get(pk='0b54c2d6-6f3e-4d51-9f0c-3f2c1d4f5a01')\n"
        "row.ssn, row.email = '1', 'again@example.org'\n"
        "row.save()\n"
        "assert Customer.objects.get(ssn='1').email == 'again@example.org'\n"
    )


def test_each_database_has_its_own_tables_and_no_other(shop):
    tables = "from django.db import connections; print(*sorted(connections[{0!r}].introspection.table_names()))"
    assert shop.shell(tables.format("person_keys")).split() == ["ascend_subjectkey", "django_migrations"]
    there = shop.shell(tables.format("default")).split()
    assert "ascend_shred" in there
    assert "ascend_subjectkey" not in there


def test_a_first_key_that_was_rolled_back_on_sqlite_is_replaced(tmp_path, shop):
    """The service key joins the caller's transaction, the person's key does not (KC-27)."""
    database = shop.folder / "data.sqlite3"
    database.rename(tmp_path / "kept")
    try:
        shop.python("manage.py", "migrate", "-v0")
        shop.shell(
            "import uuid\n"
            "from django.db import transaction\n"
            "from shop.models import Customer\n"
            "from ascend.keychain.subject_models import SubjectKey\n"
            "pk = uuid.uuid4()\n"
            "with transaction.atomic():\n"
            "    Customer.objects.create(pk=pk, ssn='1', email='a@example.org')\n"
            "    transaction.set_rollback(True)\n"
            "Customer.objects.create(pk=pk, ssn='2', email='b@example.org')\n"
            "assert Customer.objects.get(pk=pk).ssn == '2'\n"
            "from ascend.keychain import keyring\n"
            "keyring.close()\n"
            "assert Customer.objects.get(pk=pk).ssn == '2'\n"
            "rows = SubjectKey.objects.filter(subject_id=pk)\n"
            "assert sorted(rows.values_list('primary', flat=True)) == [False, True]\n"
        )
    finally:
        (tmp_path / "kept").replace(database)


def test_the_checks_say_what_is_missing(shop):
    settings = (shop.folder / "settings.py").read_text()
    for without, said in [("ASCEND_KEY_DATABASE =", "E173"), ("DATABASE_ROUTERS =", "E174")]:
        (shop.folder / "settings.py").write_text(re.sub(rf"^{without}.*$", "", settings, flags=re.MULTILINE))
        try:
            assert said in shop.python("manage.py", "check", code=1)
        finally:
            (shop.folder / "settings.py").write_text(settings)
