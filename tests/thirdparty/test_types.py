"""What a type checker says of an instance's attributes, with django-stubs and its plugin: `person.ssn` is a `str`."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SETTINGS = 'SECRET_KEY = "x"\nINSTALLED_APPS = ["ascend", "shop"]\n'
CONFIGURATION = """
[mypy]
strict = True
plugins = mypy_django_plugin.main
[mypy.plugins.django-stubs]
django_settings_module = shop_settings
"""
READ = {
    "BigInteger": "int",
    "Binary": "bytes",
    "Boolean": "bool",
    "Char": "str",
    "Date": "datetime.date",
    "DateTime": "datetime.datetime",
    "Decimal": "decimal.Decimal",
    "Duration": "datetime.timedelta",
    "Email": "str",
    "Float": "float",
    "GenericIPAddress": "str",
    "Integer": "int",
    "JSON": "Any",
    "PositiveInteger": "int",
    "Slug": "str",
    "Text": "str",
    "Time": "datetime.time",
    "URL": "str",
    "UUID": "uuid.UUID",
}
NAMES = ("given", "maybe")
OPTIONS = {"Char": "max_length=9, ", "Decimal": "max_digits=5, decimal_places=2, "}


@pytest.fixture
def checked(tmp_path):
    """Return what mypy says of a module that uses the models."""
    fields = [
        f"    {kind.lower()}_{name} = fields.Encrypted{kind}Field({OPTIONS.get(kind, '')}{option})"
        for kind in READ
        for name, option in (("given", ""), ("maybe", 'null=True, bind="row"'))
    ]
    models = ["import uuid", "from django.db import models", "from ascend import fields", "class Person(models.Model):"]
    models += ["    id = models.UUIDField(primary_key=True, default=uuid.uuid4)", *fields, ""]
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "__init__.py").touch()
    (shop / "models.py").write_text("\n".join(models))
    (tmp_path / "shop_settings.py").write_text(SETTINGS)
    (tmp_path / "mypy.ini").write_text(CONFIGURATION)

    def check(*lines):
        (shop / "uses.py").write_text("\n".join(["from shop.models import Person", "person = Person()", *lines]))
        told = subprocess.run(
            [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "--no-pretty", "shop/uses.py"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}", "MYPYPATH": f"{tmp_path}:{ROOT}"},
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        return told.stdout + told.stderr

    return check


def test_every_attribute_has_the_type_of_its_values(checked):
    asked = [f"reveal_type(person.{kind.lower()}_{name})" for kind in READ for name in ("given", "maybe")]
    wrong = ["person.char_given = 7.5", "person.char_given = None", "person.char_maybe = None", "person.date_given = 1"]
    told = checked(*asked, *wrong)
    revealed = re.findall(r'Revealed type is "(.*)"', told)
    expected = [kind if name == "given" else f"{kind} | None" for kind in READ.values() for name in ("given", "maybe")]
    assert [kind.replace("Any | None", "Any") for kind in revealed] == [
        kind.replace("Any | None", "Any") for kind in expected
    ], told
    assert len(revealed) == 38
    errors = [int(line) for line in re.findall(r"uses\.py:(\d+): error: Incompatible types in assignment", told)]
    first = len(asked) + 3
    assert errors == [first, first + 1, first + 3], told


def test_without_the_plugin_too(checked, tmp_path):
    """Django's own fields have no type then; ours say it themselves."""
    (tmp_path / "mypy.ini").write_text("[mypy]\nfollow_imports = silent\n")
    asked = [f"reveal_type(person.{kind.lower()}_{name})" for kind in READ for name in ("given", "maybe")]
    told = checked(*asked, "person.char_given = 7.5", "person.char_given = None", "person.char_maybe = None")
    revealed = re.findall(r'Revealed type is "(.*)"', told)
    wanted = [
        kind if name == "given" or kind == "Any" else f"{kind} | None" for kind in READ.values() for name in NAMES
    ]
    assert revealed == wanted, told
    assert len(re.findall(r"error: Incompatible types in assignment", told)) == 2, told


def test_every_type_has_a_stub():
    import ast

    from ascend.fields import types

    stub = ast.parse((ROOT / "ascend/fields/types/__init__.pyi").read_text())
    assert sorted(node.name for node in stub.body if isinstance(node, ast.ClassDef)) == sorted(types.__all__)


def test_the_library_says_that_it_is_typed():
    assert (ROOT / "ascend/py.typed").exists()
