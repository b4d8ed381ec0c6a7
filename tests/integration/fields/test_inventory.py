"""What is protected, as the posture page and the checks read it."""

from ascend.fields import ProtectedField, protected_fields


def test_every_encrypted_column_of_the_installed_apps_is_listed_once(people):
    found = [protected for protected in protected_fields() if protected.model._meta.app_label == "people"]
    assert len(found) == 24
    assert len({protected.label for protected in found}) == 24
    assert ProtectedField(people.Patient, "ssn", "people.patient.ssn", "row", ("exact", "last4")) in found
    assert ProtectedField(people.Employee, "badge", "people.worker.badge", "field", ()) in found


def test_a_proxy_has_no_columns(people):
    assert not [protected for protected in protected_fields() if protected.model is people.Junior]
