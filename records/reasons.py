"""Why a row, a cell or a whole file is refused. The code is stored, the text is shown; neither holds a value."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Reason(TextChoices):
    """One refusal. Codes are stored with an import and never reused for something else."""

    # of a cell
    BROKEN_UTF8 = "broken_utf8", _("The bytes are not UTF-8. Save the file as UTF-8.")
    NUL_BYTE = "nul_byte", _("The cell holds a NUL byte.")
    FORMULA = "formula", _("The cell begins with =, +, -, @ or a tab: a spreadsheet would run it as a formula.")
    TOO_LONG = "too_long", _("The text is longer than this field allows.")
    NOT_AN_EMAIL = "not_an_email", _("This is not an e-mail address.")
    NOT_A_PHONE_NUMBER = "not_a_phone_number", _("This is not a phone number.")
    NOT_AN_IDENTIFIER = "not_an_identifier", _("Only letters, digits, spaces, dots, dashes and slashes may stand here.")
    NOT_AN_ISO_DATE = "not_an_iso_date", _("The date is not written as year-month-day, such as 1980-12-31.")
    IMPOSSIBLE_DATE = "impossible_date", _("This date does not exist, or nobody alive was born then.")
    FUTURE_DATE = "future_date", _("A date of birth cannot lie in the future.")
    REFERENCE_MISSING = "reference_missing", _("The reference is empty.")
    REFERENCE_REPEATED = "reference_repeated", _("This reference stands in an earlier row of the file.")
    REFERENCE_EXISTS = "reference_exists", _("A record with this reference exists; it will be left as it is.")
    # of a row
    COLUMN_COUNT = "column_count", _("The row has more or fewer cells than the heading row.")
    QUOTING = "quoting", _("A quotation mark stands where none may stand.")
    LINE_END = "line_end", _("A carriage return stands alone in the row. Save the file again as “CSV UTF-8”.")
    # of the file; nothing after this row was read
    QUOTE_NEVER_CLOSED = (
        "quote_never_closed",
        _("A quotation mark opens here and is never closed, or a cell is longer than 131,072 characters."),
    )
    ROW_TOO_LONG = "row_too_long", _("The row is longer than 1 MiB: this may not be a CSV file.")
    # of the heading row
    EMPTY_FILE = "empty_file", _("The file holds no rows.")
    NOT_UTF8 = "not_utf8", _("The heading row is not UTF-8. Save the file as “CSV UTF-8”.")
    UTF16 = "utf16", _("The file is UTF-16. Save it as “CSV UTF-8”.")
    NOT_TEXT = "not_text", _("This is not a CSV file: its heading row holds NUL bytes.")
    TOO_MANY_COLUMNS = "too_many_columns", _("The file has more than 200 columns.")


FATAL = frozenset({Reason.QUOTE_NEVER_CLOSED, Reason.ROW_TOO_LONG})
