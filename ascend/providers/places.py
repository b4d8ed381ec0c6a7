"""Where a service is, and how it is trusted: the address that was typed, and the files of certificates."""

import ssl
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from ascend.providers.contract import Operator


def parse(base_url: str) -> SplitResult:
    """Return the parts of an address of a service.

    Raises:
        Operator: it is not https (or http, for this machine alone), or says more than where the service is.
    """
    try:
        parts = urlsplit(base_url)
        names_only_a_place = bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        parts, names_only_a_place = SplitResult("", "", "", "", ""), False
    says_more = parts.query or parts.fragment or not base_url.isprintable()
    if parts.scheme not in {"https", "http"} or not names_only_a_place or says_more:
        raise Operator("The address of the key store cannot be used.", "Write https://, its host, and a path if any.")
    return parts


def tls_context(*, ca: Path | None = None, client_cert: tuple[Path, Path] | None = None) -> ssl.SSLContext:
    """Return a context that verifies chain and host name, from TLS 1.2 on.

    `ca` replaces the machine's authorities; `client_cert` is (chain, key). All are PEM files.

    Raises:
        Operator: a file cannot be read as what it should be.
    """
    try:
        context = ssl.create_default_context(cafile=ca)
        if client_cert is not None:
            context.load_cert_chain(*client_cert)
    except (OSError, ssl.SSLError) as error:
        raise Operator("A certificate file cannot be used.", f"Check that it is PEM and readable: {error}.") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
