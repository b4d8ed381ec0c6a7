"""`manage.py plan_indexes`, over the protected fields that this project has."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ascend.fields import inventory

ROOT = Path(__file__).parents[3]


def printed(*arguments: str) -> str:
    out = io.StringIO()
    call_command("plan_indexes", *arguments, stdout=out)
    return out.getvalue()


def indexes() -> set[tuple[str, str]]:
    return {(field.label, name) for field in inventory.protected_fields() for name in field.indexes}


class TestPlanIndexes:
    """IDX-18, IDX-19."""

    def test_has_a_line_for_every_index_of_the_project(self) -> None:
        lines = printed("--rows", "20000").splitlines()
        assert indexes()
        for label, name in indexes():
            assert sum(line.startswith(f"{label}:{name} ") for line in lines) == 1

    def test_says_what_is_to_be_taken_as_known(self) -> None:
        (line,) = [line for line in printed("--rows", "20000").splitlines() if ":last4 " in line][:1]
        assert "take each as known" in line

    def test_knows_how_few_dates_there_are(self) -> None:
        found = json.loads(printed("--rows", "20000", "--json"))["indexes"]
        dates = [plan for plan in found if (plan["index"], plan["population"]) == ("exact", 43_830)]
        assert dates
        assert all("known" in plan["now"]["findings"] for plan in dates)

    def test_plans_the_indexes_of_one_model(self) -> None:
        found = json.loads(printed("--rows", "500", "--json", "--model", "records.PersonRecord"))["indexes"]
        fields = {plan["field"] for plan in found}
        assert fields
        assert fields <= {field.label for field in inventory.protected_fields() if field.label.startswith("records.")}

    def test_plans_an_index_that_no_field_declares_and_says_what_it_shows(self) -> None:
        lines = printed("--rows", "20000", "--index", "ngram-3", "--index", "range-date-32:24").splitlines()
        pieces, advised = (
            next(line for line in lines if line.startswith(start)) for start in ("ngram-3 ", "  advised ")
        )
        assert "which pieces stand together" in pieces
        assert (pieces.split()[1], advised.split()[1]) == ("128", "8")
        assert sum(line.startswith("range-date-32 ") for line in lines) == 1
        assert not any(label in line for label, _ in indexes() for line in lines)

    def test_says_how_far_the_indexes_of_a_field_tell_rows_apart(self) -> None:
        (line,) = [
            line for line in printed("--rows", "20000").splitlines() if line.startswith("records.personrecord.ssn: ")
        ]
        assert "other rows look like one; as advised" in line

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["--model", "records.Nobody"], "no model records.Nobody"),
            (["--model", "nonsense"], "no model nonsense"),
            (["--index", "soundex"], "no transform 'soundex'"),
            (["--index", "ngram-9"], "pieces of 2 or 3"),
            (["--index", "ngram-3:7"], "in whole bytes"),
            (["--index", "ngram-3:many"], "ngram-3:many"),
        ],
    )
    def test_refuses_what_it_does_not_know(self, arguments: list[str], said: str) -> None:
        with pytest.raises(CommandError, match=said) as caught:
            printed("--rows", "100", *arguments)
        assert caught.value.returncode == 2

    def test_prints_json_for_other_programs(self) -> None:
        found: dict[str, Any] = json.loads(printed("--rows", "20000", "--json"))
        assert found["rows"] == 20_000
        assert {(plan["field"], plan["index"]) for plan in found["indexes"]} == indexes()
        exact = next(plan for plan in found["indexes"] if plan["index"] == "exact" and plan["population"] > 10**6)
        assert exact["now"]["bits"] == exact["recommended"]["bits"] == 128
        assert exact["recommended"]["findings"] == ["equality"]

    def test_takes_what_somebody_knows_of_the_values(self) -> None:
        label, name = min(indexes())
        for given in (f"{name}=40", f"{label}:{name}=40"):
            found = json.loads(printed("--rows", "500", "--json", "--population", given))
            assert 40 in {plan["population"] for plan in found["indexes"] if plan["index"] == name}

    @pytest.mark.parametrize("rows", ["0", "-5"])
    def test_refuses_a_table_without_rows(self, rows: str) -> None:
        with pytest.raises(CommandError, match="1 or more") as caught:
            printed(f"--rows={rows}")
        assert caught.value.returncode == 2

    @pytest.mark.parametrize("given", ["year", "year=", "year=0", "year=-1", "=5", "year=x", "year=1.5"])
    def test_refuses_a_population_that_is_no_count(self, given: str) -> None:
        with pytest.raises(CommandError, match="INDEX=COUNT") as caught:
            printed("--rows", "100", "--population", given)
        assert caught.value.returncode == 2

    def test_refuses_a_population_of_an_index_that_no_field_has(self) -> None:
        with pytest.raises(CommandError, match="No field has the index soundex") as caught:
            printed("--rows", "100", "--population", "soundex=5")
        assert caught.value.returncode == 2


class TestExitCode:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ([], "--rows"),
            (["--rows", "many"], "invalid int value"),
            (["--rows", "0"], "1 or more"),
            (["--rows", "9", "--population", "x"], "INDEX=COUNT"),
        ],
    )
    def test_of_bad_input_is_2_with_a_message(self, arguments: list[str], said: str) -> None:
        found = self.run(*arguments)
        assert (found.returncode, said in found.stderr, "Traceback" in found.stderr) == (2, True, False)

    def test_of_a_project_without_indexes_is_0_and_says_so(self) -> None:
        found = self.run("--rows", "9")
        assert (found.returncode, found.stdout.strip()) == (0, "No installed app has a blind index.")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "django", "plan_indexes", *arguments, "--settings", "tests.library_settings"]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
