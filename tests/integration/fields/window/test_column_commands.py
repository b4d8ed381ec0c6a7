"""`protect_column` and `unprotect_column`, as a person at a terminal meets them."""

import datetime as dt
import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone

from ascend.authority import NotAuthorized
from ascend.campaigns import lifecycle
from ascend.campaigns.lifecycle import Progress
from ascend.campaigns.models import Batch
from ascend.campaigns.protecting import Protect
from ascend.campaigns.target import Target
from ascend.management import columns
from ascend.management.progress import Display

COLUMN = "moving_shop.Customer.ssn"


@pytest.fixture
def customers(shop, raw):
    def insert(count):
        for number in range(count):
            raw("INSERT INTO moving_shop_customer (name, ssn) VALUES (%s, %s)", f"c{number}", f"{number:011d}")

    return insert


@pytest.fixture
def command(organization):
    def run(name, *arguments):
        out, err = io.StringIO(), io.StringIO()
        code = 0
        try:
            call_command(name, *arguments, "--organization", str(organization), stdout=out, stderr=err)
        except CommandError as error:
            code = error.returncode
            err.write(str(error))
        return code, out.getvalue(), err.getvalue()

    return run


class TestProtect:
    def test_it_tells_moves_verifies_and_closes(self, shop, customers, command, database):
        # WIN-18
        customers(30)
        code, out, _ = command("protect_column", COLUMN, "--dry-run")
        assert code == 0
        assert "30 rows hold an old value" in out
        code, out, _ = command("protect_column", COLUMN, "--close")
        assert code == 1
        code, out, _ = command("protect_column", COLUMN, "--verify", "--batch-rows", "50")
        assert code == 0
        for said in ("30 of 30 rows", "30 values open", "0 rows hold an old value", "--close"):
            assert said in out
        code, out, _ = command("protect_column", COLUMN, "--close")
        assert code == 0
        for said in ("The window is closed", "ssn_old", "VACUUM", "ASCEND_BACKUP_RETENTION_DAYS = 30"):
            assert said in out
        assert ("VACUUM FULL pg_statistic" in out) == (connections[database].vendor == "postgresql")
        assert shop.Customer.objects.get(ssn=f"{7:011d}").name == "c7"

    def test_rows_that_fail_are_named_by_key_and_tried_again_only_when_told(self, shop, customers, command, raw):
        customers(3)
        raw("UPDATE moving_shop_customer SET ssn = 'gAAAAAB' WHERE name = 'c1'")
        raw("UPDATE moving_shop_customer SET ssn = NULL, notes = 'gAAAAABcdefghijklmnopqrstuvwxyz'")
        notes = "moving_shop.Customer.notes"
        code, _, err = command("protect_column", notes)
        assert code == 1
        assert "looks like the ciphertext of another package" in err
        assert "gAAAAAB" not in err
        raw("UPDATE moving_shop_customer SET notes = 'tea'")
        assert command("protect_column", notes)[0] == 1
        assert command("protect_column", notes, "--retry")[0] == 0

    def test_a_second_ctrl_c_ends_it_without_a_traceback(self, customers, command, monkeypatch):
        def interrupted(*_):
            raise KeyboardInterrupt

        customers(1)
        monkeypatch.setattr(columns, "run", interrupted)
        code, _, err = command("protect_column", COLUMN)
        assert (code, "Nothing is lost" in err) == (130, True)

    def test_a_value_that_does_not_open_hides_no_row_that_failed(self, shop, customers, command, raw):
        customers(3)
        assert command("protect_column", COLUMN)[0] == 0
        raw("UPDATE moving_shop_customer SET ssn = 'old code' WHERE name = 'c1'")
        shop.Customer.objects.filter(name="c0").update(notes="tea")
        raw("UPDATE moving_shop_customer SET ssn_sealed = notes_sealed WHERE name = 'c0'")
        code, _, err = command("protect_column", COLUMN, "--verify")
        assert code == 1
        assert "the stored envelope does not open" in err
        assert "both columns hold a value" in err

    def test_what_waited_is_tried_at_once_by_who_starts_the_command_again(self, shop, customers, command, database):
        customers(1)
        campaign = lifecycle.open_campaign(Protect(Target(shop.Customer._meta.get_field("ssn"), database)))
        later = timezone.now() + dt.timedelta(days=1)
        Batch.objects.using(database).create(campaign=campaign, number=1, until="999999999", not_before=later)
        assert command("protect_column", COLUMN)[0] == 0

    def test_a_row_that_was_saved_since_is_no_failure_any_more(self, shop, customers, command, raw):
        customers(1)
        raw("UPDATE moving_shop_customer SET notes = 'gAAAAABcdefghijklmnopqrstuvwxyz'")
        assert command("protect_column", "moving_shop.Customer.notes")[0] == 1
        shop.Customer.objects.update(notes="tea")
        assert command("protect_column", "moving_shop.Customer.notes")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "app.Model.field"),
        (["moving_shop.Customer.nothing"], "no field"),
        (["moving_shop.Nothing.ssn"], "no field"),
        (["moving_shop.Customer.name"], "no encrypted field"),
        (["moving_shop.Customer.ssn", "--database", "nowhere"], "no database"),
        (["moving_shop.Customer.ssn", "--rows-per-second", "-1"], "above zero"),
        (["moving_shop.Customer.ssn", "--target-ms", "0"], "above zero"),
        (["moving_shop.Customer.ssn", "--batch-rows", "1000000"], "50 to 2000"),
        (["moving_shop.Member.card"], "leave --organization out"),
    ],
)
def test_bad_input_is_refused_with_code_2(shop, command, arguments, said):
    code, _, err = command("protect_column", *arguments)
    assert code == 2
    assert said in err


def test_without_an_organization_it_asks_for_one(shop, settings):
    with pytest.raises(CommandError, match="give --organization") as error:
        call_command("protect_column", COLUMN)
    assert error.value.returncode == 2
    with pytest.raises(CommandError, match="UUID"):
        call_command("protect_column", COLUMN, "--organization", "seven")


def refuse(operation, *, organization_id, subject):
    raise NotAuthorized(f"{operation} {subject}: a second person has to approve.")


class TestUnprotect:
    def test_it_asks_first_and_changes_nothing_when_refused(self, shop, customers, command, settings, raw):
        # WIN-19
        customers(3)
        command("protect_column", COLUMN)
        settings.ASCEND_AUTHORITY = f"{__name__}.refuse"
        code, _, err = command("unprotect_column", COLUMN)
        assert code == 3
        assert "unprotect moving_shop.customer.ssn" in err
        assert raw("SELECT count(*) FROM moving_shop_customer WHERE ssn IS NOT NULL") == [(0,)]

    def test_it_goes_back_also_after_the_window_was_closed(self, shop, customers, command, raw):
        customers(3)
        command("protect_column", COLUMN)
        command("protect_column", COLUMN, "--close")
        code, out, _ = command("unprotect_column", COLUMN, "--dry-run")
        assert "3 rows would stand in clear" in out
        code, out, _ = command("unprotect_column", COLUMN)
        assert code == 0
        assert "3 rows stand in clear" in out
        assert shop.Customer.objects.get(ssn=f"{1:011d}").name == "c1"

    def test_another_package_s_ciphertext_is_never_written(self, shop):
        # WIN-19
        with pytest.raises(CommandError, match="never written") as error:
            call_command("unprotect_column", "moving_shop.Member.card")
        assert error.value.returncode == 2


class Terminal(io.StringIO):
    def isatty(self):
        return True


class TestDisplay:
    def test_a_terminal_has_one_line_that_is_written_over(self):
        display = Display(_stream(Terminal()), Progress(100, 0, 0, 0, 0, ""))
        display.shown = display.began = display.began - 10
        display.show(Progress(100, 50, 2, 1, 0, "no lease"))
        line = display.stream.getvalue()
        assert line.startswith("\r")
        assert not line.endswith("\n")
        for said in ("[############............]", "51 %", "51 of 100 rows", "5 rows/s", "0:10 left", "2 conflicts",
                     "1 failed", "no lease"):  # fmt: skip
            assert said in line

    def test_a_file_has_plain_lines_and_few(self):
        display = Display(_stream(io.StringIO()), Progress(100, 0, 0, 0, 0, ""))
        for done in range(100):
            display.show(Progress(100, done, 0, 0, 0, ""))
        display.end(Progress(100, 100, 0, 0, 0, ""))
        assert display.stream.getvalue().count("\n") == 1
        assert "\r" not in display.stream.getvalue()


def _stream(raw):
    from django.core.management.base import OutputWrapper

    return OutputWrapper(raw)


def test_progress_that_was_made_before_counts_no_rate(shop):
    display = Display(_stream(io.StringIO()), Progress(100, 90, 0, 0, 0, ""))
    assert " 0 rows/s" in display.line(Progress(100, 90, 0, 0, 0, ""))
