"""Every way in which a project's code reads or writes protected values, as functions of the third party's models."""

from django.db.models import Count, Exists, F, Q
from django.forms import modelform_factory

from ascend.keychain import keyring

SSN, EMAIL, HOLDER = "123-45-6789", "ada@example.org", "Ada"
FILE_LABEL = "failsecure.file"


def _read_file(models, organization):
    return keyring.file_key_by_id(models.file_key_id, organization, FILE_LABEL)


def patient(models):
    return models.Patient.objects.get(reference="p")


def customer(models):
    return models.Customer.objects.get(name="c")


READS = {
    "an attribute of a row": lambda m, o: customer(m).ssn,
    "an attribute of a row-bound row": lambda m, o: patient(m).ssn,
    "values": lambda m, o: list(m.Customer.objects.values("ssn")),
    "values_list": lambda m, o: list(m.Customer.objects.values_list("ssn", flat=True)),
    "iterator": lambda m, o: [row.ssn for row in m.Customer.objects.iterator()],
    "iterator, row-bound": lambda m, o: [row.ssn for row in m.Patient.objects.iterator()],
    "a deferred field": lambda m, o: m.Customer.objects.defer("ssn").get(name="c").ssn,
    "a deferred row-bound field": lambda m, o: m.Patient.objects.only("reference").get(reference="p").ssn,
    "refresh_from_db": lambda m, o: m.kept.refresh_from_db(),
    "exact": lambda m, o: m.Customer.objects.filter(ssn=SSN).first(),
    "exact, row-bound": lambda m, o: m.Patient.objects.filter(ssn=SSN).exists(),
    "last four": lambda m, o: m.Customer.objects.filter(ssn__last4="6789").count(),
    "in": lambda m, o: list(m.Customer.objects.filter(ssn__in=[SSN])),
    "exclude": lambda m, o: m.Customer.objects.exclude(ssn=SSN).count(),
    "Q": lambda m, o: m.Customer.objects.filter(Q(ssn=SSN) | Q(name="zz")).count(),
    "exists": lambda m, o: m.Customer.objects.filter(email__email_domain="example.org").exists(),
    "aggregate": lambda m, o: m.Customer.objects.filter(ssn=SSN).aggregate(n=Count("id")),
    "Exists": lambda m, o: m.Order.objects.filter(Exists(m.Customer.objects.filter(ssn=SSN))).count(),
    "F": lambda m, o: list(m.Customer.objects.annotate(again=F("ssn")).values_list("again", flat=True)),
    "a relation": lambda m, o: m.Order.objects.select_related("customer").get().customer.ssn,
    "values over a relation": lambda m, o: list(m.Order.objects.values("customer__ssn")),
    "a filter over a relation": lambda m, o: m.Order.objects.filter(customer__ssn=SSN).count(),
    "in_bulk": lambda m, o: [row.ssn for row in m.Customer.objects.in_bulk().values()],
    "raw": lambda m, o: [row.ssn for row in m.Customer.objects.raw("SELECT * FROM people_customer")],
    "a form over a row": lambda m, o: str(
        modelform_factory(type(m.kept_patient), fields=["ssn"])(instance=patient(m))
    ),
    "a validation of uniqueness": lambda m, o: m.unsaved().validate_unique(),
    "a file": _read_file,
}  # fmt: skip


def _bulk_update(models, _):
    rows = [models.kept]
    rows[0].nickname = "other"
    return models.Customer.objects.bulk_update(rows, ["nickname"])


def _save(models, _):
    models.kept.nickname = "other"
    models.kept.save()


def _save_row_bound(models, _):
    models.kept_patient.ssn = "987-65-4321"
    models.kept_patient.save(update_fields=["ssn"])


WRITES = {
    "create": lambda m, o: m.Customer.objects.create(name="n", ssn="987-65-4321"),
    "create, row-bound": lambda m, o: m.Patient.objects.create(organization_id=o, reference="n", ssn="987-65-4321"),
    "save": _save,
    "save(update_fields), row-bound": _save_row_bound,
    "bulk_create": lambda m, o: m.Customer.objects.bulk_create([m.unsaved()]),
    "bulk_create, row-bound": lambda m, o: m.Patient.objects.bulk_create(
        [m.Patient(organization_id=o, reference="n", ssn="987-65-4321")]
    ),
    "bulk_update": _bulk_update,
    "update": lambda m, o: m.Customer.objects.filter(name="c").update(nickname="other"),
    "get_or_create": lambda m, o: m.Customer.objects.get_or_create(name="n", defaults={"ssn": "987-65-4321"}),
    "get_or_create by the value": lambda m, o: m.Customer.objects.get_or_create(ssn="987-65-4321", name="n"),
    "update_or_create": lambda m, o: m.Customer.objects.update_or_create(name="c", defaults={"nickname": "other"}),
    "a file": lambda m, o: keyring.file_key(o, FILE_LABEL),
}
PATHS = {f"read: {name}": path for name, path in READS.items()} | {
    f"write: {name}": path for name, path in WRITES.items()
}
