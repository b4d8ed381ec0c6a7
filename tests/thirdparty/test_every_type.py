"""A model with every type, migrated and used as a project does it: commands, real keys, a process of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

from ascend.fields import types

ROOT = Path(__file__).parents[2]
SETTINGS = """
from pathlib import Path
SECRET_KEY = "x"
USE_TZ = True
INSTALLED_APPS = ["ascend", "shop"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": Path(__file__).parent / "db.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ASCEND_DEPLOYMENT = "shop"
ASCEND_REGISTRY_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
ASCEND_LOCAL_KEYS_DIR = Path(__file__).parent / "keys"
ASCEND_DEFAULT_ORGANIZATION = "6f0c1d52-7a0e-4f5e-9d5b-1f7f4d1f7a10"
"""
MODELS = """
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from ascend import fields

class Thing(models.Model):
    char = fields.EncryptedCharField(max_length=9, choices=[("a", "A"), ("b", "B")], default="b")
    text = fields.EncryptedTextField(default="secret default")
    email = fields.EncryptedEmailField(blank=True)
    url = fields.EncryptedURLField(indexes=["exact"], blank=True)
    slug = fields.EncryptedSlugField(indexes=["exact"], unique=True)
    integer = fields.EncryptedIntegerField(indexes=["exact"], default=31337)
    big = fields.EncryptedBigIntegerField(null=True)
    positive = fields.EncryptedPositiveIntegerField(default=0)
    number = fields.EncryptedFloatField(null=True)
    price = fields.EncryptedDecimalField(max_digits=9, decimal_places=2, indexes=["exact"], null=True)
    flag = fields.EncryptedBooleanField(default=False)
    day = fields.EncryptedDateField(null=True)
    at = fields.EncryptedDateTimeField(indexes=["exact", "year"], null=True)
    hour = fields.EncryptedTimeField(null=True)
    lasting = fields.EncryptedDurationField(null=True)
    identity = fields.EncryptedUUIDField(null=True, indexes=["exact"])
    address = fields.EncryptedGenericIPAddressField(null=True, blank=True, indexes=["exact"])
    document = fields.EncryptedJSONField(default=dict, encoder=DjangoJSONEncoder)
    raw = fields.EncryptedBinaryField(default=b"")
    objects = fields.EncryptedManager()
"""
STORY = """
import datetime as dt
from decimal import Decimal
import django
django.setup()
from shop.models import Thing

noon = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
Thing.objects.create(slug="x", price="1.5", at=noon, address="", document={"a": Decimal("1.0")}, raw=b"zz")
read = Thing.objects.get(slug="x")
assert (read.char, read.get_char_display(), read.text, read.integer) == ("b", "B", "secret default", 31337)
assert (str(read.price), read.at, read.address, read.document) == ("1.50", noon, None, {"a": "1.0"})
assert (read.raw, read.flag, read.big) == (b"zz", False, None)
assert Thing.objects.filter(price="1.500", integer=31337, at__year=2026, address__isnull=True).count() == 1
"""


def project_in(directory):
    package = directory / "shop"
    (package / "migrations").mkdir(parents=True)
    (directory / "keys").mkdir(mode=0o700)
    for name in ("__init__.py", "migrations/__init__.py"):
        (package / name).touch()
    (package / "models.py").write_text(MODELS)
    (directory / "settings.py").write_text(SETTINGS)

    def run(*arguments):
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": f"{directory}:{ROOT}"}
        told = subprocess.run(
            [sys.executable, *arguments], env=environment, cwd=directory, capture_output=True, text=True, check=False,
            timeout=120,
        )  # fmt: skip
        assert told.returncode == 0, told.stderr
        return told.stdout

    return run


def test_every_type_is_migrated_and_used(tmp_path):
    run = project_in(tmp_path)
    run("-m", "django", "makemigrations", "shop")
    migration = (tmp_path / "shop/migrations/0001_initial.py").read_text()
    assert set(re.findall(r"ascend\.fields\.(Encrypted\w+)\(", migration)) == set(types.__all__)
    for word in ("secret default", "31337", "db_index=False", "default="):
        assert word not in migration
    run("-m", "django", "migrate", "-v", "0")
    run("-m", "django", "makemigrations", "shop", "--check", "--dry-run")
    assert "no issues" in run("-m", "django", "check")
    run("-c", STORY)
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("db.sqlite3*"))
    assert b"secret default" not in stored


def test_what_only_the_value_has_is_no_change_of_the_column(tmp_path):
    run = project_in(tmp_path)
    run("-m", "django", "makemigrations", "shop")
    changed = MODELS
    for old, new in (
        ("max_digits=9", "max_digits=11"),
        ("max_length=9", "max_length=10"),
        (", encoder=DjangoJSONEncoder", ""),
        ("null=True, blank=True, indexes", 'protocol="IPv4", null=True, blank=True, indexes'),
    ):
        changed = changed.replace(old, new)
    (tmp_path / "shop/models.py").write_text(changed)
    run("-m", "django", "makemigrations", "shop")
    sql = run("-m", "django", "sqlmigrate", "shop", "0002")
    assert sql.count("(no-op)") == 4
    assert "TABLE" not in sql
