"""What a Django developer does on the first day: migrate, create, read, search, be refused. Prints one word a step.

Run by `test_third_party.py` in a process in which nothing can be imported but Django, `cryptography`,
this project and `ascend`.
"""

import importlib.abc
import os
import sys
from pathlib import Path

FOREIGN = {
    "accounts", "apikeys", "ascend_portal", "audit", "byok", "posture", "records", "rotation",
    "celery", "redis", "rest_framework", "boto3", "rfc8785", "environ",
}  # fmt: skip
SSN = "123-45-6789"


class OnlyTheLibrary(importlib.abc.MetaPathFinder):
    """Refuses to find anything that a project with `ascend` alone has not installed."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in FOREIGN:
            raise ModuleNotFoundError(f"{name} is not part of the library", name=name)


def main() -> None:
    sys.meta_path.insert(0, OnlyTheLibrary())
    here = Path(__file__).parent
    sys.path[:0] = [str(here), str(here.parents[1])]
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"

    import django
    from django.conf import settings

    settings.ASCEND_LOCAL_KEYS_DIR.mkdir(parents=True, exist_ok=True)
    settings.ASCEND_LOCAL_KEYS_DIR.chmod(0o700)
    django.setup()
    for step in (migrated, created, read, searched, refused, secret_at_rest, checked):
        step()
        print(step.__name__)  # noqa: T201
    assert not FOREIGN & {name.partition(".")[0] for name in sys.modules}


def migrated() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("makemigrations", "people", check=True, dry_run=True, verbosity=0)


def created() -> None:
    from people.models import Customer, Member, Patient

    Member.objects.bulk_create([Member(name="Ada Lovelace", born="1815-12-10"), Member(name="Böb Lovell", points=7)])
    Customer.objects.create(name="Ada", ssn=SSN, email="ada@example.org", date_of_birth="1980-05-17")
    Customer.objects.bulk_create([Customer(name=str(n), ssn=f"{n:011d}") for n in range(100)])
    from ascend.scope import current_organization

    Patient.objects.create(organization_id=current_organization(), reference="p", ssn=SSN, notes="")


def read() -> None:
    from people.models import Customer, Patient

    assert Customer.objects.get(name="Ada").ssn == SSN
    assert Patient.objects.get().ssn == SSN
    assert len({customer.ssn for customer in Customer.objects.all()}) == 101


def searched() -> None:
    from people.models import Customer, Member, Patient

    assert Member.objects.filter(name__icontains="LOVEL").count() == 2
    assert Member.objects.exclude(name__words="lovelace ada").get(points__gte=7).name == "Böb Lovell"
    assert Member.objects.filter(born__range=("1815-01-01", "1815-12-31"), name__startswith="Ada").exists()
    Member.objects.filter(name__contains="Lovell").update(name="Bob Smith", born="1990-01-01")
    assert Member.objects.get(born__gt="1815-12-10", name__prefix="bobs").name == "Bob Smith"
    assert not Member.objects.filter(name__contains="Lovell").exists()
    assert Customer.objects.get(ssn=SSN).name == "Ada"
    assert Customer.objects.filter(email__email_domain="example.org", date_of_birth__year=1980).count() == 1
    assert Customer.objects.filter(ssn__in=[SSN, "00000000007"]).count() == 2
    assert Patient.objects.get(ssn__last4="6789").ssn == SSN


def refused() -> None:
    from django.core.exceptions import FieldError
    from people.models import Customer

    for query in (lambda: Customer.objects.order_by("ssn"), lambda: Customer.objects.filter(ssn__contains="6789")):
        try:
            list(query())
        except FieldError:
            continue
        raise AssertionError("not refused")


def secret_at_rest() -> None:
    from django.conf import settings
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM people_customer")
        stored = repr(cursor.fetchall()).encode()
        cursor.execute("SELECT length(ssn) FROM people_customer")
        assert {length for (length,) in cursor.fetchall()} == {48}
    stored += b"".join(file.read_bytes() for file in settings.DATA_DIR.glob("db.sqlite3*"))
    for value in (SSN, "ada@example.org", "1980-05-17", "00000000007"):
        assert value.encode() not in stored


def checked() -> None:
    from django.core import checks

    from ascend.fields import protected_fields

    found = [
        message for message in checks.run_checks() if message.level >= checks.WARNING and not message.is_silenced()
    ]
    assert not found, found
    assert "people.customer.ssn" in [protected.label for protected in protected_fields()]


if __name__ == "__main__":
    main()
