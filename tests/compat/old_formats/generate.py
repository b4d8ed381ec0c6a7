"""Writes one golden file, by running the real package: `python generate.py NAME > NAME.json`.

Runs in a scratch environment that holds the package (README.md says which), never in ours. Tokens hold a time and
random bytes, so a second run writes other ones: the files are kept, not made anew.
"""

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.metadata import version
from uuid import UUID

TEXTS = [
    "7", "123-45-6789", "fifteen letters", "sixteen letters!", "seventeen letters", "x" * 1000,
    "Zoë Müller-Ørsted, 東京, 🗝", " spaces \n and lines\t", "", "0", "False",
]  # fmt: skip
VALUES = {
    "text": TEXTS,
    "char": TEXTS,
    "email": ["zoe@example.org"],
    "integer": [0, 1, -5, 2147483647],
    "big_integer": [9223372036854775807],
    "float": [0.0, 1.5, -2.25e30],
    "decimal": [Decimal("0.00"), Decimal("12.30"), Decimal("-99999.99")],
    "boolean": [True, False],
    "date": [date(1980, 2, 29)],
    "datetime": [datetime(2020, 7, 1, 12, 30, 15, 123456, tzinfo=UTC)],
    "uuid": [UUID("6f1c2b1e-0d5c-4b5e-9b1a-2f6a3c4d5e6f")],
    "json": [{"a": [1, None, True, "ß"], "b": {}}, "text", []],
    "binary": [b"\x00\xff\x10 bytes", b""],
}
OLD, NEW = "test key one, older", "test key two, newer"
# Fixed, published, worthless: 32 bytes 1, and 32 bytes 2.
FERNET_OLD = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
FERNET_NEW = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI="
HEX_OLD, HEX_NEW = "01" * 32, "02" * 32
SECRET = {"SECRET_KEY": "test secret one"}
OTHER = {"SECRET_KEY": "test secret two"}
PREFIXED = SECRET | {"DJFERNET_PREFIX": "b:mine"}  # "b:" says bytes, for JSON has none
SALTED = SECRET | {"SALT_KEY": "salt one"}
SHORT, LONG = SECRET | {"PGCRYPTO_DEFAULT_KEY": "short"}, SECRET | {"PGCRYPTO_DEFAULT_KEY": "k" * 40}
FERNET_KINDS = ["text", "char", "email", "integer", "date", "datetime"]
# Each run: a name, the settings it wrote with, the settings that read all of it, and wrong ones.
FERNET_RUNS = [
    ("secret key", SECRET, SECRET, OTHER),
    ("one of FERNET_KEYS", SECRET | {"FERNET_KEYS": [OLD]}, SECRET | {"FERNET_KEYS": [NEW, OLD]}, SECRET),
    (
        "without HKDF",
        SECRET | {"FERNET_KEYS": [FERNET_OLD], "FERNET_USE_HKDF": False},
        SECRET | {"FERNET_KEYS": [FERNET_NEW, FERNET_OLD], "FERNET_USE_HKDF": False},
        SECRET | {"FERNET_KEYS": [FERNET_NEW], "FERNET_USE_HKDF": False},
    ),
]
ALL = ["text", "char", "email", "integer", "big_integer", "float", "decimal", "boolean", "date", "datetime", "uuid"]
PACKAGES = {
    "django-cryptography": {
        "module": "django_cryptography.fields",
        "kinds": [*ALL, "json", "binary"],
        "runs": [
            ("secret key", SECRET, SECRET, OTHER),
            (
                "CRYPTOGRAPHY_KEY and salt",
                SECRET | {"CRYPTOGRAPHY_KEY": OLD, "CRYPTOGRAPHY_SALT": "a salt"},
                SECRET | {"CRYPTOGRAPHY_KEY": OLD, "CRYPTOGRAPHY_SALT": "a salt"},
                OTHER | {"CRYPTOGRAPHY_KEY": OLD, "CRYPTOGRAPHY_SALT": "a salt"},
            ),
        ],
    },
    "django-fernet-fields": {"module": "fernet_fields", "kinds": FERNET_KINDS, "runs": FERNET_RUNS},
    "django-fernet-fields-v2": {"module": "fernet_fields", "kinds": FERNET_KINDS, "runs": FERNET_RUNS},
    "djfernet": {
        "module": "fernet_fields",
        "kinds": [*FERNET_KINDS, "binary"],
        "runs": [*FERNET_RUNS, ("prefix", PREFIXED, PREFIXED, SECRET)],
    },
    "django-fernet-encrypted-fields": {
        "module": "encrypted_fields",
        "kinds": ["text", "char", "email", "integer", "float", "boolean", "date", "datetime", "json"],
        "runs": [
            ("one salt", SALTED, SALTED, OTHER | {"SALT_KEY": "salt one"}),
            (
                "older salt and secret",
                SECRET | {"SALT_KEY": ["salt one"]},
                OTHER | {"SALT_KEY": ["salt two", "salt one"], "SECRET_KEY_FALLBACKS": [SECRET["SECRET_KEY"]]},
                SECRET | {"SALT_KEY": ["salt two"]},
            ),
        ],
    },
    "django-encrypted-model-fields": {
        "module": "encrypted_model_fields.fields",
        "kinds": ["text", "char", "email", "integer", "big_integer", "boolean", "date", "datetime"],
        "runs": [
            ("one key", SECRET | {"FIELD_ENCRYPTION_KEY": FERNET_OLD}, SECRET | {"FIELD_ENCRYPTION_KEY": FERNET_OLD},
             SECRET | {"FIELD_ENCRYPTION_KEY": FERNET_NEW}),
            ("older key", SECRET | {"FIELD_ENCRYPTION_KEY": [FERNET_OLD]},
             SECRET | {"FIELD_ENCRYPTION_KEY": [FERNET_NEW, FERNET_OLD]},
             SECRET | {"FIELD_ENCRYPTION_KEY": [FERNET_NEW]}),
        ],
    },
    "django-searchable-encrypted-fields": {
        "module": "encrypted_fields.fields",
        "kinds": ["text", "char", "email", "integer", "big_integer", "date", "datetime"],
        "runs": [
            ("older key", SECRET | {"FIELD_ENCRYPTION_KEYS": [HEX_OLD]},
             SECRET | {"FIELD_ENCRYPTION_KEYS": [HEX_NEW, HEX_OLD]}, SECRET | {"FIELD_ENCRYPTION_KEYS": [HEX_NEW]}),
        ],
    },
    "django-pgcrypto": {
        "module": "pgcrypto",
        "kinds": ["text", "char", "email", "integer", "decimal", "date", "datetime"],
        "runs": [
            ("secret key", SECRET, SECRET, OTHER),
            ("short key", SHORT, SHORT, SECRET),
            ("long key", LONG, LONG, SECRET),
        ],
    },
    "django-pgcrypto-fields": {
        "module": "pgcrypto.fields",
        "suffix": "PGPSymmetricKeyField",
        "kinds": ["text", "char", "email", "integer", "big_integer", "float", "date", "datetime"],
        "runs": [
            ("a key", SECRET | {"PGCRYPTO_KEY": OLD}, SECRET | {"PGCRYPTO_KEY": OLD}, SECRET | {"PGCRYPTO_KEY": NEW}),
            ("an apostrophe", SECRET | {"PGCRYPTO_KEY": "it''s"}, SECRET | {"PGCRYPTO_KEY": "it''s"},
             SECRET | {"PGCRYPTO_KEY": "its"}),
        ],
    },
}  # fmt: skip
CLASSES = {
    "text": "Text", "char": "Char", "email": "Email", "integer": "Integer", "big_integer": "BigInteger",
    "float": "Float", "decimal": "Decimal", "boolean": "Boolean", "date": "Date", "datetime": "DateTime",
    "uuid": "UUID", "json": "JSON", "binary": "Binary",
}  # fmt: skip
ARGUMENTS = {"char": {"max_length": 2000}, "decimal": {"max_digits": 12, "decimal_places": 2}}


def plain(value):
    """Return a value as JSON holds it: its type's name and a text."""
    if value is None:
        return None
    if isinstance(value, bytes | bytearray | memoryview):
        return {"bytes": bytes(value).hex()}
    if isinstance(value, dict | list):
        return {"json": value}
    return {type(value).__name__: value.isoformat() if hasattr(value, "isoformat") else str(value)}


def value_of(written):
    """Return the value again."""
    if written is None:
        return None
    ((kind, text),) = written.items()
    return bytes.fromhex(text) if kind == "bytes" else text


def configure(name, settings):
    """Start Django with the package's settings."""
    import django  # noqa: PLC0415 - only after we know the settings
    from django.conf import settings as django_settings  # noqa: PLC0415

    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    if "OLD_FORMATS_PGHOST" in os.environ:
        database = {"ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "USER": "postgres",
                    "HOST": os.environ["OLD_FORMATS_PGHOST"]}  # fmt: skip
    given = {key: text[2:].encode() if str(text).startswith("b:") else text for key, text in settings.items()}
    django_settings.configure(
        DATABASES={"default": database}, INSTALLED_APPS=["__main__"], USE_TZ=True, TIME_ZONE="Europe/Berlin", **given
    )
    django.setup()


def field_of(name, kind):
    """Return one field of the package."""
    from importlib import import_module  # noqa: PLC0415

    from django.db import models  # noqa: PLC0415

    module, arguments = import_module(PACKAGES[name]["module"]), {"null": True, **ARGUMENTS.get(kind, {})}
    if name.startswith("django-cryptography"):
        return module.encrypt(getattr(models, CLASSES[kind] + "Field")(**arguments))
    suffix = PACKAGES[name].get("suffix")
    if name == "django-pgcrypto" and kind == "decimal":
        arguments = {"null": True}
    return getattr(module, CLASSES[kind] + suffix if suffix else f"Encrypted{CLASSES[kind]}Field")(**arguments)


def model_of(name, kind):
    """Return a model with one encrypted column, and make its table."""
    from django.db import connection, models  # noqa: PLC0415

    meta = type("Meta", (), {"app_label": "__main__", "db_table": f"old_{kind}"})
    members = {"__module__": "__main__", "Meta": meta, "value": field_of(name, kind)}
    model = type(f"Old{kind}", (models.Model,), members)
    with connection.cursor() as cursor:
        cursor.execute(f'DROP TABLE IF EXISTS "old_{kind}"')
    with connection.schema_editor() as editor:
        editor.create_model(model)
    return model


def stored_of(kind, key):
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(f'SELECT value FROM "old_{kind}" WHERE id = %s', [key])
        return cursor.fetchone()[0]


def read_back(model, key):
    """Return what the package makes of a row: a value, or the name of what it raised."""
    from django.db import transaction  # noqa: PLC0415

    try:
        with transaction.atomic():
            return {"value": plain(model.objects.get(pk=key).value)}
    except Exception as error:
        return {"raises": type(error).__name__}


def write(name):
    """Write every value of every kind, and say what is stored and what the package reads."""
    cases = []
    for kind in PACKAGES[name]["kinds"]:
        model = model_of(name, kind)
        for value in [*VALUES[kind], None]:
            row = model(value=value)
            row.save()
            stored = stored_of(kind, row.pk)
            case = {"kind": kind, "value": plain(value), "stored": plain(stored)}
            cases.append(case | {"package_reads": read_back(model, row.pk)})
    return cases + broken_update(name)


def broken_update(name):
    """Write what the package makes of bulk_update: some encrypt the text of the SQL expression."""
    model = model_of(name, "text")
    row = model(value="before")
    row.save()
    row.value = "after"
    try:
        model.objects.bulk_update([row], ["value"])
    except Exception:
        return []
    case = {"kind": "text", "value": plain("after"), "stored": plain(stored_of("text", row.pk)), "by": "bulk_update"}
    return [case | {"package_reads": read_back(model, row.pk)}]


def damaged(stored):
    """Return a stored value with one bit changed, and one cut off."""
    octets = stored if isinstance(stored, bytes) else stored.encode()
    middle = len(octets) // 2
    changed = octets[:middle] + bytes([octets[middle] ^ 1]) + octets[middle + 1 :]
    return [each if isinstance(stored, bytes) else each.decode() for each in (changed, octets[:-1])]


def read(name, rows):
    """Put rows into the column as they are, and say what the package reads."""
    from django.db import connection  # noqa: PLC0415

    model = model_of(name, "text")
    found = []
    for number, row in enumerate(rows, 1):
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO old_text (id, value) VALUES (%s, %s)", [number, value_of(row)])
        found.append(read_back(model, number))
    return found


def resave(name, rows):
    """Put rows into the column, read each and save what was read, as a page does under a wrong key."""
    from django.db import connection  # noqa: PLC0415

    model = model_of(name, "text")
    for number, row in enumerate(rows, 1):
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO old_text (id, value) VALUES (%s, %s)", [number, value_of(row)])
        model.objects.get(pk=number).save()
    return [plain(stored_of("text", number)) for number in range(1, len(rows) + 1)]


def resaved(name):
    """Return texts that were written under one key and saved again under another one, which the last run reads."""
    _, write_settings, read_settings, wrong_settings = PACKAGES[name]["runs"][-1]
    cases = [case for case in in_process(name, "write", write_settings) if case["kind"] == "text" and case["stored"]]
    cases = [case for case in cases if "by" not in case]
    again = in_process(name, "resave", wrong_settings, [case["stored"] for case in cases])
    pairs = zip(cases, again, strict=True)
    return {
        "settings": read_settings,
        "wrong_settings": wrong_settings,
        "cases": [{"value": case["value"], "stored": stored} for case, stored in pairs],
    }


def in_process(name, verb, settings, rows=()):
    """Run one step in a process of its own: Django is configured once."""
    asked = json.dumps({"name": name, "verb": verb, "settings": settings, "rows": list(rows)})
    done = subprocess.run([sys.executable, __file__], input=asked, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def golden(name):
    runs = []
    for title, write_settings, read_settings, wrong_settings in PACKAGES[name]["runs"]:
        cases = in_process(name, "write", write_settings)
        texts = [case["stored"] for case in cases if case["kind"] == "text" and case.get("stored") and "by" not in case]
        texts = [text for text in texts if len(value_of(text)) > 20][:4]
        broken = [plain(each) for text in texts for each in damaged(value_of(text))]
        pairs = zip(texts, in_process(name, "read", wrong_settings, texts), strict=True)
        wrong = [{"stored": text, "package_reads": found} for text, found in pairs]
        pairs = zip(broken, in_process(name, "read", read_settings, broken), strict=True)
        tampered = [{"stored": text, "package_reads": found} for text, found in pairs]
        runs.append({"run": title, "settings": read_settings, "wrong_settings": wrong_settings, "cases": cases,
                     "wrong_key": wrong, "tampered": tampered})  # fmt: skip
    return runs


def main():
    if len(sys.argv) == 1:
        step = json.load(sys.stdin)
        configure(step["name"], step["settings"])
        verbs = {"write": lambda name, _: write(name), "read": read, "resave": resave}
        answer = verbs[step["verb"]](step["name"], step["rows"])
        return print(json.dumps(answer))  # noqa: T201
    name, package = (sys.argv[1:] * 2)[:2]
    if sys.argv[-1] == "--resaved":
        return print(json.dumps(resaved(name), ensure_ascii=False, indent=1))  # noqa: T201
    about = {
        "package": package,
        "version": version(package),
        "django": version("django"),
        "python": sys.version.split()[0],
    }
    print(json.dumps(about | {"runs": golden(name)}, ensure_ascii=False, indent=1))  # noqa: T201
    return None


if __name__ == "__main__":
    main()
