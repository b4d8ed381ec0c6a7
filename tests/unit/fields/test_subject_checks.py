"""Every check id of `shred_with=`: found where it should be, silent where it should be."""

import uuid

import pytest
from django.db import connections, models
from django.test.utils import isolate_apps

from ascend.fields import EncryptedCharField, EncryptedManager, subject_checks

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

KEYS = "keys_for_checks"


def shredded(**options):
    return EncryptedCharField(max_length=20, **{"bind": "row", "shred_with": "id", **options})


def found(field, **attributes):
    """Return the ids that the checks of one field give in a model made for it."""
    body = {
        "__module__": __name__,
        "objects": EncryptedManager(),
        "organization_field": "organization_id",
        "organization_id": models.UUIDField(),
        "id": models.UUIDField(primary_key=True, default=uuid.uuid4),
        "value": field,
        **attributes,
    }
    body["Meta"] = type("Meta", (), {"app_label": "checked"})
    with isolate_apps("ascend"):
        model = type("Checked", (models.Model,), body)
        return {message.id for message in subject_checks.check_field(model._meta.get_field("value"))}


@pytest.mark.parametrize(
    ("identity", "field", "others"),
    [
        ("ascend.E170", lambda: shredded(bind="field"), {}),
        ("ascend.E171", lambda: shredded(shred_with="person_id"), {}),
        ("ascend.E171", shredded, {"id": models.BigAutoField(primary_key=True)}),
        ("ascend.E171", lambda: shredded(shred_with="name"), {"name": models.CharField(max_length=9)}),
        ("ascend.E172", lambda: shredded(indexes=["exact"]), {}),
        ("ascend.E172", lambda: shredded(indexes=["exact"], shred_index="yes"), {}),
        ("ascend.E175", shredded, {"organization_field": None}),
        ("ascend.E176", shredded, {"objects": models.Manager()}),
        ("ascend.W177", shredded, {"other": EncryptedCharField(max_length=9)}),
        ("ascend.E178", lambda: shredded(replaces="old", null=True), {}),
    ],
)
def test_each_finding_and_nothing_else(identity, field, others):
    assert found(field(), **others) == {identity}


def test_a_value_does_not_lose_its_person():
    for on_delete in (models.SET_NULL, models.DO_NOTHING):
        person = models.ForeignKey("self", on_delete, null=True)
        assert found(shredded(shred_with="person_id"), person=person) == {"ascend.E179"}


def test_a_field_that_is_inherited_opens_for_its_own_model():
    with isolate_apps("ascend"):
        body = {"__module__": __name__, "id": models.UUIDField(primary_key=True, default=uuid.uuid4)}
        meta = type("Meta", (), {"app_label": "checked", "abstract": True})
        parent = type("Parent", (models.Model,), {**body, "Meta": meta, "value": shredded()})
        meta = type("Meta", (), {"app_label": "checked"})
        field = type("Child", (parent,), {"__module__": __name__, "Meta": meta})._meta.get_field("value")
        assert field.context == "checked.child.value"
        assert field.open.args == (field,)
        assert field.get_db_converters.args == (field,)


def test_what_is_right_is_silent():
    assert found(shredded()) == set()
    assert found(shredded(indexes=["exact"], shred_index="accept-residual")) == set()
    assert found(shredded(shred_with="owner"), owner=models.UUIDField()) == set()
    assert found(EncryptedCharField(max_length=20)) == set()


def test_a_foreign_key_to_a_uuid_names_a_person():
    attributes = {"person": models.ForeignKey("self", models.CASCADE)}
    assert found(shredded(shred_with="person_id"), **attributes) == set()
    assert found(shredded(shred_with="person"), **attributes) == {"ascend.E171"}


@pytest.fixture
def a_field(monkeypatch):
    """Let the project have one field with `shred_with=`."""
    monkeypatch.setattr(subject_checks, "encrypted_fields", lambda model: [shredded()])


@pytest.fixture
def alias(monkeypatch):
    def add(**entry):
        monkeypatch.setitem(connections.settings, KEYS, {**connections.settings["default"], **entry})

    return add


def ids():
    return [message.id for message in subject_checks.check_key_database(None)]


def test_without_such_a_field_no_key_database_is_needed(monkeypatch):
    monkeypatch.setattr(subject_checks, "encrypted_fields", lambda model: [EncryptedCharField(max_length=9)])
    assert ids() == []


def test_keys_of_persons_need_a_database(a_field, settings):
    assert ids() == ["ascend.E173"]
    settings.ASCEND_KEY_DATABASE = "nowhere"
    assert ids() == ["ascend.E173"]


def test_it_is_a_database_of_its_own(a_field, alias, settings):
    settings.DATABASE_ROUTERS = [subject_checks.ROUTER]
    settings.ASCEND_KEY_DATABASE = KEYS
    alias()
    assert ids() == ["ascend.E173"]
    alias(NAME="another")
    assert ids() == []


def test_it_has_a_router(a_field, alias, settings):
    settings.ASCEND_KEY_DATABASE = KEYS
    alias(NAME="another")
    assert ids() == ["ascend.E174"]


def test_the_router_keeps_the_keys_and_nothing_else_there(settings):
    from django.contrib.auth.models import Group

    from ascend.keychain.models import Key
    from ascend.keychain.router import KeyDatabaseRouter
    from ascend.keychain.subject_models import SubjectKey

    router = KeyDatabaseRouter()
    assert router.db_for_read(SubjectKey) is None
    assert router.allow_migrate("default", "ascend", "subjectkey") is None
    settings.ASCEND_KEY_DATABASE = KEYS
    assert [router.db_for_read(model) for model in (SubjectKey, Key, Group)] == [KEYS, None, None]
    assert router.db_for_write(SubjectKey) == KEYS
    assert router.allow_migrate(KEYS, "ascend", "subjectkey") is True
    assert router.allow_migrate("default", "ascend", "subjectkey") is False
    for name in ("key", "shred", None):  # None: a migration's own Python code
        assert router.allow_migrate(KEYS, "ascend", name) is False
        assert router.allow_migrate("default", "ascend", name) is None
    assert router.allow_migrate(KEYS, "auth", "group") is False
