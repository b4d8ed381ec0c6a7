"""Signature version 4 as the proxy checks it: any region, service kms-xks-proxy, five minutes of skew at most."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from ascend.testing.xks.refusals import Refusal

SERVICE: Final = "kms-xks-proxy"
SKEW: Final = timedelta(minutes=5)
TIME: Final = "%Y%m%dT%H%M%SZ"
AUTHORIZATION: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([A-Z2-7]{20,30})/(\d{8})/([a-z0-9-]+)/kms-xks-proxy/aws4_request, ?"
    r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})"
)


def require(
    path: str, headers: Mapping[str, str], body: bytes, *, secrets: Mapping[str, str], now: datetime | None = None
) -> str:
    """Return the id of the key that signed the request.

    Raises:
        Refusal: nobody whom the proxy knows did, or not now, or another request.
    """
    found = AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if found is None or found[1] not in secrets:
        raise Refusal("AuthenticationFailedException")
    key_id, date, region, signed, signature = found.groups()
    stamp = headers.get("x-amz-date", "")
    _require_names(signed.split(";"), headers)
    _require_recent(stamp, date, now or datetime.now(UTC))
    scope = f"{date}/{region}/{SERVICE}/aws4_request"
    text = _string_to_sign(path, headers, signed, body, stamp, scope)
    if not hmac.compare_digest(_sign(secrets[key_id], scope, text), signature):
        raise Refusal("AuthenticationFailedException")
    return key_id


def _require_names(names: list[str], headers: Mapping[str, str]) -> None:
    if names != sorted(names) or not {"host", "x-amz-date"} <= set(names) or not set(names) <= headers.keys():
        raise Refusal("AuthenticationFailedException")


def _require_recent(stamp: str, date: str, now: datetime) -> None:
    try:
        signed_at = datetime.strptime(stamp, TIME).replace(tzinfo=UTC)
    except ValueError as error:
        raise Refusal("AuthenticationFailedException") from error
    if not stamp.startswith(date) or abs(now - signed_at) > SKEW:
        raise Refusal("AuthenticationFailedException")


def _string_to_sign(path: str, headers: Mapping[str, str], signed: str, body: bytes, stamp: str, scope: str) -> str:
    canonical = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in signed.split(";"))
    request = "\n".join(["POST", path, "", canonical, signed, hashlib.sha256(body).hexdigest()])
    return "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(request.encode()).hexdigest()])


def _sign(secret: str, scope: str, text: str) -> str:
    key = f"AWS4{secret}".encode()
    for part in [*scope.split("/"), text]:
        key = hmac.digest(key, part.encode(), "sha256")
    return key.hex()
