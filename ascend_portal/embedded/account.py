"""Under whose name PostgreSQL runs: it refuses to run as root.

We create no account and change no permission outside our own directories (wrappers that we
looked at do both: `useradd` and `chmod o+rx` on every parent of the data directory).
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

UNPRIVILEGED_NAMES = ("postgres", "nobody")
OVERFLOW_ID = 65534  # "nobody" inside a user namespace


class NoAccount(Exception):
    """Neither an unprivileged account nor a user namespace can run PostgreSQL here."""


@dataclass(frozen=True, slots=True)
class Account:
    """How to start a program so that it is not root: drop to `uid`, or wrap it in a user namespace, or neither."""

    uid: int
    gid: int
    drops: bool = False
    prefix: tuple[str, ...] = ()

    @property
    def popen_arguments(self) -> dict[str, object]:
        """Return what `subprocess.Popen` needs to drop to this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": ()} if self.drops else {}

    def own(self, *paths: Path) -> None:
        """Give paths of ours to this account."""
        for path in paths if self.drops else ():
            os.chown(path, self.uid, self.gid)

    def can(self, argv: Sequence[str | Path]) -> bool:
        """Say whether a command succeeds under this account."""
        try:
            done = subprocess.run(  # type: ignore[call-overload]
                [*self.prefix, *map(str, argv)], cwd="/", capture_output=True, check=False, **self.popen_arguments
            )
        except OSError:
            return False
        return bool(done.returncode == 0)


def ourselves() -> Account:
    """Return the account that this process already has."""
    return Account(uid=os.geteuid(), gid=os.getegid())


def unprivileged() -> Account:
    """Return an existing account without privileges.

    Raises:
        NoAccount: the machine has none of the usual ones.
    """
    for name in UNPRIVILEGED_NAMES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(uid=entry.pw_uid, gid=entry.pw_gid, drops=True)
    raise NoAccount(f"none of the accounts {', '.join(UNPRIVILEGED_NAMES)} exists on this machine")


def namespaced() -> Account:
    """Return this account seen from inside a user namespace, where it is not root; its files stay its own.

    Raises:
        NoAccount: the machine forbids user namespaces, as some containers do.
    """
    unshare = shutil.which("unshare") or "unshare"
    prefix = (unshare, "--user", f"--map-user={OVERFLOW_ID}", f"--map-group={OVERFLOW_ID}", "--")
    account = Account(uid=os.geteuid(), gid=os.getegid(), prefix=prefix)
    if not account.can(["true"]):
        raise NoAccount("user namespaces are forbidden on this machine")
    return account


def account_for(directory: Path) -> Account:
    """Return the account that shall own and serve the data in `directory`, which exists.

    A directory that already holds data is served by the account that owns it.

    Raises:
        NoAccount: with what to do about it.
    """
    if os.geteuid() != 0:
        return ourselves()
    owner_uid = directory.stat().st_uid if any(directory.iterdir()) else None
    account = unprivileged()
    if owner_uid in (None, account.uid) and account.can(["test", "-x", directory.parent]):
        return account
    advice = "set DATA_DIR to a directory below /var/lib, or DATABASE_URL to a server of your own"
    if owner_uid == account.uid:
        raise NoAccount(f"the account with uid {account.uid} owns {directory} but cannot reach it: {advice}")
    try:
        return namespaced()
    except NoAccount as error:
        raise NoAccount(
            f"{error}, and the account with uid {account.uid} cannot reach {directory}: {advice}"
        ) from error
