"""Our token at a key store: taken at the first call, and renewed ahead by a thread, so that no later call waits for it.

Spec: docs/spec/providers.md §3 (PV-22). A token is in memory only. A forked child takes one of its own.
"""

import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ascend.providers.contract import Denied, ProviderError, Transient
from ascend.providers.outbound import Answer
from ascend.providers.transit import errors
from ascend.providers.transit.store import TransitStore

RENEW_AT: Final = 0.6
RETRY_SECONDS: Final = 5.0
IDLE_SECONDS: Final = 900.0
LOGIN_FIX: Final = "Give us a new secret id, or restore the role; then write it into the store file."


@dataclass(frozen=True, slots=True)
class Held:
    """A token and when it was taken and ends, on the monotonic clock; an endless one has a lifetime of 0."""

    value: str = field(repr=False)
    taken_at: float
    lifetime_seconds: float
    is_renewable: bool

    def is_over(self, now: float) -> bool:
        """Return whether it can be used no more."""
        return 0 < self.lifetime_seconds <= now - self.taken_at


class Tokens:
    """The token of one store in this process."""

    def __init__(self, store: TransitStore) -> None:
        self._store, self.client = store, store.client()
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._held: Held | None = None
        self._thread: threading.Thread | None = None
        self._used_at = 0.0

    def current(self) -> str:
        """Return a token that can be used now; sign in if there is none.

        Raises:
            Denied: the key store no longer accepts our role.
            Transient: it does not answer.
        """
        self._used_at = time.monotonic()
        held = self._held
        if held is None or held.is_over(self._used_at):
            held = self._signed_in(held)
        return held.value

    def refused(self, value: str) -> bool:
        """Forget a token that was refused; return whether signing in again may give a better one."""
        with self._lock:
            if self._held is not None and self._held.value == value:
                self._held = None
        return bool(self._store.role_id)

    def _signed_in(self, seen: Held | None) -> Held:
        with self._lock:
            if self._held is None or self._held is seen:
                self._held = self._take()
            if self._thread is None and self._held.lifetime_seconds:
                self._thread = threading.Thread(target=self._keep, name="ascend-transit-token", daemon=True)
                self._thread.start()
            return self._held

    def _keep(self) -> None:
        """Renew ahead for as long as somebody asks; an idle process lets its token end."""
        while (held := self._held) is not None and time.monotonic() - self._used_at < IDLE_SECONDS:
            due = held.taken_at + held.lifetime_seconds * RENEW_AT
            time.sleep(max(due - time.monotonic(), 0.05))
            if self._held is not held:
                continue
            try:
                self._held = self._renewed(held)
            except ProviderError:
                if held.is_over(time.monotonic()):
                    self._held = None
                time.sleep(min(RETRY_SECONDS, held.lifetime_seconds / 10))
        self._thread = None

    def _take(self) -> Held:
        now = time.monotonic()
        if self._store.token:
            answer = self._call("GET", "/v1/auth/token/lookup-self", self._store.token)
            about = part(answer, "data")
            return Held(self._store.token, now, _seconds(about.get("ttl")), bool(about.get("renewable")))
        body = {"role_id": self._store.role_id, "secret_id": self._store.secret_id}
        answer = self.client.post(f"/v1/auth/{self._store.auth_mount}/login", json=body, headers=self._store.headers())
        if answer.status in {errors.BAD_REQUEST, errors.FORBIDDEN}:
            raise Denied("The key store no longer accepts our role.", LOGIN_FIX)
        return _held(answer, now)

    def _renewed(self, held: Held) -> Held:
        """Return the same token with a new end, or another one where it can be prolonged no more."""
        now = time.monotonic()
        if held.is_renewable:
            answer = self.client.post("/v1/auth/token/renew-self", json={}, headers=self._store.headers(held.value))
            longer = _held(answer, now) if answer.status == errors.OK else None
            if longer is not None and longer.lifetime_seconds >= held.lifetime_seconds / 2:
                return longer
        return self._take()

    def _call(self, method: str, path: str, token: str) -> Answer:
        answer = self.client.send(method, path, b"", self._store.headers(token))
        if answer.status == errors.FORBIDDEN:
            raise Denied("The key store no longer accepts our token.", "Write a new one into the store file.")
        errors.require_ok(answer, "token")
        return answer


def _held(answer: Answer, now: float) -> Held:
    errors.require_ok(answer, "token")
    about = part(answer, "auth")
    value = about.get("client_token")
    if not isinstance(value, str) or not value:
        raise Transient("The key store's answer to our login has no token.", "Look at what stands between it and us.")
    return Held(value, now, _seconds(about.get("lease_duration")), bool(about.get("renewable")))


def part(answer: Answer, name: str) -> Mapping[str, Any]:
    """Return an object inside of an answer.

    Raises:
        Transient: there is none: whoever sent it is not the key store in good health.
    """
    found = answer.json().get(name)
    if not isinstance(found, dict):
        raise Transient("The key store's answer lacks what we asked for.", "Look at what stands between it and us.")
    return found


def _seconds(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and value > 0 else 0.0
