"""Check Signature Version 4, so that wrong credentials are refused as AWS refuses them."""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlsplit

from ascend.testing.kms.refusals import FORBIDDEN, Refusal

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>\w+)/(?P<date>\d{8})/(?P<region>[\w-]+)/(?P<service>\w+)/aws4_request,\s*"
    r"SignedHeaders=(?P<headers>[\w;-]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)
SKEW_SECONDS = 300


@dataclass(frozen=True)
class Signed:
    """What a valid signature says about a request."""

    access_key: str
    region: str
    service: str


def verify(
    method: str, target: str, headers: Mapping[str, str], body: bytes, secret_of: Callable[[str, str], str]
) -> Signed:
    """Return who signed; `headers` has lower-case names.

    Raises:
        Refusal: there is no signature, it is not theirs, or it is of another time.
    """
    found = AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if found is None:
        raise Refusal("MissingAuthenticationTokenException", "Missing Authentication Token", status=FORBIDDEN)
    stamp = headers.get("x-amz-date", "")
    _require_now(stamp)
    secret = secret_of(found["key"], headers.get("x-amz-security-token", ""))
    scope = f"{found['date']}/{found['region']}/{found['service']}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{_digest(_canonical(method, target, headers, body, found['headers']))}"
    wanted = hmac.new(_signing_key(secret, scope), text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted, found["signature"]):
        raise Refusal("InvalidSignatureException", "The request signature we calculated does not match yours.")
    return Signed(found["key"], found["region"], found["service"])


def _require_now(stamp: str) -> None:
    try:
        signed_at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise Refusal("IncompleteSignature", "X-Amz-Date is missing.") from error
    if abs((datetime.now(UTC) - signed_at).total_seconds()) > SKEW_SECONDS:
        raise Refusal("InvalidSignatureException", f"Signature expired: {stamp} is not now.")


def _canonical(method: str, target: str, headers: Mapping[str, str], body: bytes, names: str) -> bytes:
    parts = urlsplit(target)
    query = sorted((quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in parse_qsl(parts.query, True))
    signed = "".join(f"{name}:{' '.join(headers.get(name, '').split())}\n" for name in names.split(";"))
    lines = [method, parts.path or "/", "&".join(f"{k}={v}" for k, v in query), signed, names, _digest(body)]
    return "\n".join(lines).encode()


def _signing_key(secret: str, scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
