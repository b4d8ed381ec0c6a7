"""Two models that are joined, as a project makes them: commands, real keys on SQLite, a process of its own."""

from tests.thirdparty.test_every_type import project_in

MODELS = """
from django.db import models
from ascend import fields

class Member(models.Model):
    email = fields.EncryptedEmailField(deterministic=True, join_group="email-address", unique=True)
    ssn = fields.EncryptedCharField(max_length=11, indexes=["exact"], join_group="ssn", default="secret default")
    born = fields.EncryptedDateField(deterministic=True, null=True)
    objects = fields.EncryptedManager()

class Invitation(models.Model):
    email = fields.EncryptedEmailField(deterministic=True, join_group="email-address", null=True)
    ssn = fields.EncryptedCharField(max_length=11, indexes=["exact"], join_group="ssn", null=True)
    number = models.IntegerField()
    objects = fields.EncryptedManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["number", "email"], name="once")]
"""
STORY = """
import django
django.setup()
from django.db import IntegrityError
from django.db.models import Count, Exists, OuterRef
from ascend.fields import OperationRefused
from shop.models import Invitation, Member

Member.objects.create(email="ada@example.org", born="1980-05-17")
Member.objects.bulk_create([Member(email="bob@example.org", ssn="2")])
for number, email in enumerate(["ada@example.org", "ada@example.org", "eve@example.org", None]):
    Invitation.objects.create(number=number, email=email, ssn="2")
invited = Invitation.objects.values("email")
assert [m.email for m in Member.objects.filter(email__in=invited)] == ["ada@example.org"]
assert [m.email for m in Member.objects.exclude(email__in=invited)] == ["bob@example.org"]
assert Invitation.objects.filter(Exists(Member.objects.filter(email=OuterRef("email")))).count() == 2
assert invited.annotate(n=Count("pk")).get(n=2)["email"] == "ada@example.org"
assert [m.email for m in Member.objects.filter(ssn__in=Invitation.objects.values("ssn"))] == ["bob@example.org"]
assert str(Member.objects.get(born="1980-05-17").born) == "1980-05-17"
assert not Member.objects.get_or_create(email="ada@example.org")[1]
for write in (lambda: Member.objects.create(email="bob@example.org"),
              lambda: Invitation.objects.create(number=0, email="ada@example.org")):
    try:
        write()
    except IntegrityError:
        continue
    raise AssertionError("a duplicate was stored")
try:
    list(Member.objects.order_by("email"))
except OperationRefused as refused:
    assert "shop.Member.email" in str(refused)
else:
    raise AssertionError("envelopes were sorted")
"""


def test_a_project_joins_its_tables(tmp_path):
    run = project_in(tmp_path)
    (tmp_path / "shop/models.py").write_text(MODELS)
    run("-m", "django", "makemigrations", "shop")
    migration = (tmp_path / "shop/migrations/0001_initial.py").read_text()
    assert migration.count("deterministic=True") == 3
    assert migration.count("ascend.fields.SecondColumn(of=") == 3
    assert migration.count("join_group='ssn'") == 2
    assert "secret default" not in migration
    run("-m", "django", "migrate", "-v", "0")
    run("-m", "django", "makemigrations", "shop", "--check", "--dry-run")
    assert "no issues" in run("-m", "django", "check")
    run("-c", STORY)
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("db.sqlite3*"))
    assert b"ada@example" not in stored
    told = run("-m", "django", "plan_indexes", "--rows", "1000")
    assert "across shop.invitation.email, shop.member.email." in told
