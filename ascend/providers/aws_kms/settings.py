"""What the operator says once for all keys in AWS KMS."""

from dataclasses import dataclass
from typing import Final

from ascend.providers import places
from ascend.providers.addresses import AddressRule
from ascend.providers.contract import Operator

CALLS_PER_SECOND: Final = 50
HTTPS_PORT, HTTP_PORT = 443, 80
RESOLVE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class AwsSettings:
    """`endpoint_url` may hold {service} and {region}; empty is AWS's own. `canary` is a key of the portal's account."""

    endpoint_url: str = ""
    outbound_allow: tuple[str, ...] = ()
    calls_per_second: float = CALLS_PER_SECOND
    canary: str = ""

    def endpoint(self, service: str, region: str) -> str | None:
        """Return the endpoint of a service, or None for AWS's own.

        Raises:
            Operator: it is no https address, or one that this portal may not call.
        """
        if not self.endpoint_url:
            return None
        url = self.endpoint_url.replace("{service}", service).replace("{region}", region)
        parts, rule = places.parse(url), AddressRule.of(self.outbound_allow)
        is_clear = parts.scheme == "http"
        port = parts.port or (HTTP_PORT if is_clear else HTTPS_PORT)
        permitted = rule.resolve(str(parts.hostname), port, within_seconds=RESOLVE_SECONDS)
        if is_clear and not all(rule.permits_clear_text(address) for address in permitted):
            raise Operator("AWS KMS would be called over http.", "Write https:// in ASCEND_AWS_ENDPOINT_URL.")
        return url
