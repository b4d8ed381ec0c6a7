"""`dumpdata` writes no protected value into a fixture, whatever its type."""

import json

import pytest
from django.core.management import CommandError, call_command


@pytest.mark.parametrize("asked", [[], ["people"], ["people.Patient"]])
def test_dumpdata_refuses_and_names_what_to_leave_out(people, asked, capsys):
    with pytest.raises(CommandError, match="--exclude people.Patient") as refusal:
        call_command("dumpdata", *asked)
    assert "in clear" in str(refusal.value)


def test_dumpdata_dumps_the_rest(people, capsys, database):
    call_command("dumpdata", "contenttypes", database="default")
    assert isinstance(json.loads(capsys.readouterr().out), list)
    call_command("dumpdata", "people.Order", database=database)
    assert json.loads(capsys.readouterr().out) == []
    call_command("dumpdata", "people.Order", "people.Patient", exclude=["people.Patient"], database=database)
