"""Child processes that end when the process that started them ends, however it ends."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

LEASH = "ASCEND_LEASH"  # set by the launcher: processes that our processes start die with them, too
PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class StartFailed(Exception):
    """A server did not come up; the message holds the end of its log."""


def die_with_parent(parent_pid: int, end_with: int = signal.SIGKILL) -> None:
    """Ask the kernel to send this process `end_with` when its parent dies. Does nothing outside Linux.

    The request is lost at a change of credentials, so it is made after privileges were dropped.
    A parent that died before the request was made is noticed by its changed process id.
    """
    if _LIBC is None:
        return
    _LIBC.prctl(PR_SET_PDEATHSIG, end_with)
    if os.getppid() != parent_pid:
        os._exit(1)


def die_with_parent_if_leashed() -> None:
    """Tie a worker process that granian or Celery started to its parent, under `make run` only."""
    if os.environ.get(LEASH):
        die_with_parent(os.getppid())


def leash(end_with: int = signal.SIGTERM) -> Callable[[], None]:
    """Return a `preexec_fn` that ties the child to this process."""
    parent_pid = os.getpid()
    return lambda: die_with_parent(parent_pid, end_with)


def start(
    argv: Sequence[str | Path],
    *,
    log: IO[bytes],
    env: Mapping[str, str],
    end_with: int = signal.SIGTERM,
    account: Mapping[str, object] | None = None,
    cwd: Path | str = "/",
) -> subprocess.Popen[bytes]:
    """Start `argv` in a session of its own, so that a Ctrl-C in the terminal reaches only us, on a leash."""
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]  # `account` holds user, group and extra_groups
        [str(part) for part in argv],
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=leash(end_with),  # noqa: PLW1509 - the starter has one thread, and only the child can ask for its signal
        **(account or {}),
    )


def stop(process: subprocess.Popen[bytes], *, ask_with: int = signal.SIGTERM, patience_seconds: float = 10.0) -> None:
    """Ask the process to end; kill its whole group when it does not."""
    if process.poll() is not None:
        return
    process.send_signal(ask_with)
    try:
        process.wait(patience_seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def log_tail(path: Path, lines: int = 20) -> str:
    """Return the last lines of a log, or nothing when there is none."""
    try:
        text = path.read_text(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
