"""A token of SoftHSM2 in a folder of its own, and what a test does to it by hand, as the HSM's operator would."""

import os
import shutil
import subprocess
from pathlib import Path

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN, SO_PIN = "98765432", "12345678"


def configure(folder: Path) -> None:
    """Let this process's SoftHSM keep its tokens in `folder`. Read by the module when it is initialized."""
    tokens = folder / "tokens"
    tokens.mkdir(parents=True)
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(configuration)


def make_token(label: str, *, pin: str = PIN) -> None:
    program = shutil.which("softhsm2-util")
    assert program, "SoftHSM2 is missing: make system-packages"
    subprocess.run(
        [program, "--init-token", "--free", "--label", label, "--so-pin", SO_PIN, "--pin", pin],
        check=True, capture_output=True,
    )  # fmt: skip


def write_pin(folder: Path, label: str, pin: str) -> None:
    path = folder / f"{label}.pin"
    path.write_text(f"{pin}\n")
    path.chmod(0o600)
