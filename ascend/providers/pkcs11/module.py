"""A PKCS#11 module in this process: initialized once and again after a fork, logged in once a token.

Spec: docs/spec/providers.md §2. Nothing is touched before the first call, so that a parent that only forks has none.
"""

import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import pkcs11
from pkcs11 import exceptions as answers

from ascend.providers.contract import Operator, Transient
from ascend.providers.pkcs11 import errors, pins
from ascend.providers.pkcs11.address import TokenAddress
from ascend.providers.pkcs11.thread import ModuleThread

Result = TypeVar("Result")
LOCK_WAIT_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class HsmSettings:
    """Where the module is, and how this deployment uses it. `seal_key` keys the memory of refused PINs."""

    module: Path
    pins_folder: Path
    state_folder: Path
    seal_key: bytes
    seconds: float = 5.0
    hsm_draws_iv: bool = False
    permits_sha1: bool = False


class Module:
    """One shared library. All of its methods but `call` run on its own thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ModuleThread()
        self._pid = 0
        self._library: Any = None
        self._sessions: dict[tuple[TokenAddress, bool], Any] = {}
        # Objects of the parent: closing them in a child would close the child's own, whose numbers are the same.
        self._inherited: list[Any] = []

    def call(
        self, settings: HsmSettings, where: TokenAddress, work: Callable[[Any], Result], *, writes: bool = False
    ) -> Result:
        """Return what `work` returns when given a session that is logged in; a lost session is opened again, once.

        Raises:
            PKCS11Error: what the module answered.
            Operator: the PIN is missing or refused.
            Transient: no answer in time.
        """
        return self._thread.call(lambda: self._twice(settings, where, work, writes=writes), seconds=settings.seconds)

    def close(self) -> None:
        """Log out and let go of the module, for tests: the next call begins anew."""
        self._thread.call(self._let_go, seconds=10)

    def _twice(
        self, settings: HsmSettings, where: TokenAddress, work: Callable[[Any], Result], *, writes: bool
    ) -> Result:
        try:
            return work(self._session(settings, where, writes=writes))
        except answers.PKCS11Error as error:
            if not errors.is_lost(error):
                raise
        self._let_go()
        return work(self._session(settings, where, writes=writes))

    def _session(self, settings: HsmSettings, where: TokenAddress, *, writes: bool) -> Any:
        self._forget_the_parent()
        if (where, writes) not in self._sessions:
            with _one_process_at_a_time(settings, self._path):
                token = self._token(where)
                if (where, False) not in self._sessions:
                    self._sessions[where, False] = _log_in(settings, token)
                if writes:
                    # A login is the whole process's: the second session needs no PIN.
                    self._sessions[where, True] = token.open(rw=True)
        return self._sessions[where, writes]

    def _token(self, where: TokenAddress) -> Any:
        if self._library is None:
            self._library = pkcs11.lib(str(self._path))
            if self._inherited:
                with suppress(answers.PKCS11Error):
                    self._library.finalize()
            self._library.initialize()
        found = [token for token in self._library.get_tokens() if _is_meant(token, where)]
        if not found:
            raise answers.NoSuchToken(where.name)
        if len(found) > 1:
            raise answers.MultipleTokensReturned(where.name)
        return found[0]

    def _forget_the_parent(self) -> None:
        if self._pid != os.getpid():
            self._inherited += [self._library, self._sessions] if self._pid else []
            self._pid, self._library, self._sessions = os.getpid(), None, {}

    def _let_go(self) -> None:
        self._sessions = {}
        if self._library is not None and self._pid == os.getpid():
            with suppress(answers.PKCS11Error):
                self._library.finalize()
        self._library = None


_modules: dict[Path, Module] = {}
_modules_lock = threading.Lock()


def module_at(path: Path) -> Module:
    """Return the process's one `Module` of this file: two would be two threads inside one library."""
    with _modules_lock:
        if path not in _modules:
            _modules[path] = Module(path)
        return _modules[path]


def _is_meant(token: Any, where: TokenAddress) -> bool:
    said = (token.label, token.serial.decode(errors="replace"), token.manufacturer_id, token.model)
    wanted = (where.token, where.serial, where.manufacturer, where.model)
    return all(not name or name == value for name, value in zip(wanted, said, strict=True))


def _log_in(settings: HsmSettings, token: Any) -> Any:
    pin = pins.read(settings.pins_folder, token)
    refused = pins.RefusedPin(settings.state_folder, settings.seal_key, token)
    refused.require_untried(pin)
    try:
        session = token.open(user_pin=pin)
    except answers.UserAlreadyLoggedIn:
        return token.open()
    except errors.PIN as error:
        refused.note(pin)
        raise errors.pin_refused(token.label, error) from error
    refused.forget()
    return session


@contextmanager
def _one_process_at_a_time(settings: HsmSettings, path: Path) -> Iterator[None]:
    """Hold a lock file: SoftHSM 2.6.1 fails where several processes initialize at one moment."""
    name = hashlib.sha256(str(path).encode()).hexdigest()[:32]
    try:
        settings.state_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(settings.state_folder / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Operator(
            "The folder of the HSM's lock file cannot be written.", f"Give it to this process: {settings.state_folder}."
        ) from error
    try:
        _lock(descriptor, time.monotonic() + settings.seconds)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Transient("Another process is opening the HSM and does not end.", "Look after it.") from None
            time.sleep(LOCK_WAIT_SECONDS)
        else:
            return
