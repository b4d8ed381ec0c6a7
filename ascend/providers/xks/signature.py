"""AWS's signature version 4, for one service and one kind of request: a POST without a query.

Source: AWS "Create a signed AWS API request"; XKS proxy API 1.0.3, "Authentication and Authorization". Forty lines do
not ask for botocore in a library that needs none; botocore itself checks them in the tests.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Final

SERVICE: Final = "kms-xks-proxy"
ALGORITHM: Final = "AWS4-HMAC-SHA256"
TIME: Final = "%Y%m%dT%H%M%SZ"


def signed_headers(
    path: str, body: bytes, *, host: str, access_key_id: str, secret: str, region: str, now: datetime
) -> dict[str, str]:
    """Return the headers of the request: what is signed, and the signature. `path` needs no encoding; `now` is UTC."""
    stamp = now.strftime(TIME)
    headers = {"content-type": "application/json", "host": host, "x-amz-date": stamp}
    names = ";".join(sorted(headers))
    scope = f"{stamp[:8]}/{region}/{SERVICE}/aws4_request"
    text = "\n".join([ALGORITHM, stamp, scope, _hash(_canonical(path, headers, names, body))])
    signature = _sign(secret, scope, text)
    authorization = f"{ALGORITHM} Credential={access_key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {"Content-Type": headers["content-type"], "X-Amz-Date": stamp, "Authorization": authorization}


def _canonical(path: str, headers: Mapping[str, str], names: str, body: bytes) -> bytes:
    lines = "".join(f"{name}:{headers[name]}\n" for name in names.split(";"))
    return "\n".join(["POST", path, "", lines, names, _hash(body)]).encode()


def _sign(secret: str, scope: str, text: str) -> str:
    key = f"AWS4{secret}".encode()
    for part in [*scope.split("/"), text]:
        key = hmac.digest(key, part.encode(), "sha256")
    return key.hex()


def _hash(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()
