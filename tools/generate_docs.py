"""Write the pages that are made from others: settings from code, the index of decisions. `--check` only compares."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ascend.providers.applicability import PROOFS, TABLE, Cell, Kind  # noqa: E402
from ascend.providers.aws_kms.findings import FINDINGS, Finding  # noqa: E402 - the checkout may not be installed yet
from ascend_portal import env  # noqa: E402
from ascend_portal.setting import Setting  # noqa: E402

INTRODUCTION = """\
# Configuration

Generated from `ascend_portal/env.py` by `make docs`; do not edit.

The portal reads its settings from the environment and from nowhere else. Every secret can also be given as the name
of a file that holds it: `SECRET_KEY_FILE=/run/secrets/secret_key` instead of `SECRET_KEY`. A value that cannot be read
as its type stops the portal at its start. `manage.py check --deploy` says what is not fit for production.

| Name | Type | Default | Secret | Meaning |
| --- | --- | --- | --- | --- |
"""
LAUNCHER = """
## `make run` only

| Name | Default | Meaning |
| --- | --- | --- |
| `PORT` | `8000` | Where the portal answers. |
| `HOST` | `127.0.0.1` | The address of that port. There is no TLS under `make run`: leave it on this machine. |
| `SAMPLE` | `1` | `0` opens the set-up page instead of making sample people. |
"""

DECISIONS = """\
# Decisions

What was decided, why, and what it costs. A decision that proves wrong gets a successor, and stays.
The numbers go by tens with the rooms: 00 the whole house, 01 envelope and files, 02 keychain, 03 fields,
04 people and log, 05 records, 06 pages, 07 campaigns, 08 providers and customers' keys.
Generated from the pages by `make docs`.

"""

ANSWERS = """\
# What AWS KMS answers, and what follows

Generated from `ascend/providers/aws_kms/findings.py` by `make docs`; do not edit. The first row that fits decides.

| Reaction | Reads and writes | Is it asked again? | How it comes back |
| --- | --- | --- | --- |
{reactions}
No branch gives plaintext, ciphertext or an empty value in the place of a value.

| Finding | AWS's code | Words in its message | Reaction | What people read | What to do |
| --- | --- | --- | --- | --- | --- |
"""
REACTIONS = (
    ("Denied", "503 at once, in every process; the organization is suspended",
     "not in the call; by the prober, every 3 s at first", "by itself, after two good probes"),
    ("Transient", "go on until the lease ends (30 s by default), then 503 with `Retry-After`",
     "up to 3 times within 3 s, then every 2 s", "by itself, with the next answer"),
    ("Integrity", "503 for what hangs on this wrapped key, and an event; nobody is suspended",
     "no", "when the row is restored"),
    ("Operator", "go on until the lease ends, then 503 that says it is us",
     "by the next lease", "when the portal is put right"),
)  # fmt: skip

KINDS = """\
# Kinds of keys: which checks, which proof

Generated from `ascend/providers/applicability.py` by `make docs`; do not edit. **live** is asked of the key store
each time, **by design** cannot be otherwise, **as its store** is what the store's own column says, **no** means that
the key store cannot tell: whoever approves the key has to know.

{checks}
## Proof of control

| Kind | Proof | By |
| --- | --- | --- |
{proofs}"""


def pages() -> dict[Path, str]:
    """Return each generated page with its text."""
    rows = "".join(_row(setting) for setting in env.catalogue())
    return {
        ROOT / "docs" / "configuration.md": INTRODUCTION + rows + LAUNCHER,
        ROOT / ".env.example": _example(),
        ROOT / "docs" / "adr" / "README.md": DECISIONS + "".join(_decisions()),
        ROOT / "docs" / "guides" / "aws-kms-answers.md": _answers(),
        ROOT / "docs" / "guides" / "kinds-of-keys.md": _kinds(),
    }


def _decisions() -> Iterator[str]:
    for path in sorted((ROOT / "docs" / "adr").glob("[0-9]*.md")):
        title = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        yield f"- [{title}]({path.name})\n"


def _row(setting: Setting[Any]) -> str:
    default = _shown(setting)
    unit = f" ({setting.unit})" if setting.unit else ""
    secret = f"also `{setting.name}_FILE`" if setting.is_secret else ""
    return f"| `{setting.name}` | {setting.type_name}{unit} | {default} | {secret} | {setting.explanation} |\n"


def _answers() -> str:
    reactions = "".join(f"| `{name}` | {' | '.join(cells)} |\n" for name, *cells in REACTIONS)
    return ANSWERS.replace("{reactions}\n", f"{reactions}\n") + "".join(map(_answer, FINDINGS))


def _answer(finding: Finding) -> str:
    codes = ", ".join(f"`{code}`" for code in finding.codes) or "–"
    words = ", ".join(finding.words) or "–"
    reaction = finding.reaction.__name__
    return f"| {finding.name} | {codes} | {words} | `{reaction}` | {finding.cause} | {finding.fix} |\n"


def _shown(setting: Setting[Any]) -> str:
    text = setting.default_text.replace(f"{env.BASE_DIR}/", "")
    return f"`{text}`" if text and text != "{}" and not setting.is_secret else "–"


def _example() -> str:
    lines = [
        "# A complete production environment. Generated by `make docs`; docs/configuration.md explains each name.",
        "",
    ]
    for setting in env.catalogue():
        lines += [f"# {setting.explanation}", _assignment(setting), ""]
    return "\n".join(lines)


def _assignment(setting: Setting[Any]) -> str:
    if setting.is_secret:
        return f"{setting.name}_FILE=/run/secrets/{setting.name.lower()}"
    if setting.example:
        return f"{setting.name}={setting.example}"
    default = setting.default_text.replace(f"{env.BASE_DIR}/", "")
    return f"# {setting.name}={default}"


def _kinds() -> str:
    heading = "| Check | " + " | ".join(f"`{kind}`" for kind in Kind) + " |\n" + "| --- " * (len(Kind) + 1) + "|\n"
    checks = "".join(_check(slug, [row[kind] for kind in Kind]) for slug, row in TABLE.items())
    proofs = "".join(f"| `{kind}` | {proof} | {by} |\n" for kind, (proof, by) in PROOFS.items())
    return KINDS.format(checks=heading + checks, proofs=proofs)


def _check(slug: str, cells: list[Cell]) -> str:
    said = [f"**{cell.applies}**: {cell.by}" if cell.by else f"**{cell.applies}**" for cell in cells]
    return f"| {slug} | " + " | ".join(said) + " |\n"


def main() -> int:
    """Write the pages, or say which are out of date."""
    only_check = "--check" in sys.argv[1:]
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if only_check:
            sys.stderr.write(f"{path.relative_to(ROOT)} is out of date: make docs\n")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(pages()[path], encoding="utf-8")
    return 1 if only_check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
