"""A provider URI of this provider: the key, who is asked to let us in, and where else the key is.

aws-kms:KEY_ARN[?role=ROLE_ARN&external_id=ID][&replicas=REGION,REGION]   (PV-51)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode

from ascend.providers.aws_kms import arn
from ascend.providers.aws_kms.arn import BadArn, KeyArn
from ascend.providers.contract import ORGANIZATION, Operator

SCHEME: Final = "aws-kms"
REPLICAS: Final = 3
OPTIONS: Final = {"role", "external_id", "replicas"}


@dataclass(frozen=True, slots=True)
class Address:
    """One master key. Without a role the key's own policy names the portal's role."""

    key: KeyArn
    role: str = ""
    external_id: str = ""
    replicas: tuple[str, ...] = ()

    @property
    def uri(self) -> str:
        """Return the canonical URI."""
        options = {"role": self.role, "external_id": self.external_id, "replicas": ",".join(self.replicas)}
        query = urlencode({name: value for name, value in options.items() if value}, safe=":/,")
        return f"{SCHEME}:{self.key}" + (f"?{query}" if query else "")

    def serves(self, context: Mapping[str, str]) -> bool:
        """Return whether the context is of the organization that the role was given to."""
        organization = context.get(ORGANIZATION)
        return not (self.external_id and organization) or self.external_id == organization

    @property
    def places(self) -> tuple[KeyArn, ...]:
        """Return the key and its replicas, in the order in which they are asked."""
        return (self.key, *(self.key.in_region(region) for region in self.replicas))


def parse(uri: str) -> Address:
    """Return what a URI names.

    Raises:
        Operator: it is not one that this provider writes.
    """
    scheme, _, rest = uri.partition(":")
    key, _, query = rest.partition("?")
    try:
        if scheme != SCHEME:
            raise BadArn("scheme", f'"{scheme}" is not {SCHEME}.', "Ask its own provider.")
        given = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
        address = _address(arn.parse_key(key), given)
    except ValueError as error:
        raise Operator(f"The address of an AWS key cannot be used: {error}", "Register the key again.") from error
    if address.uri != uri:
        raise Operator("The address of an AWS key is written in an unusual way.", f"Write {address.uri}.")
    return address


def _address(key: KeyArn, given: dict[str, str]) -> Address:
    if set(given) - OPTIONS:
        raise BadArn("option", f"{', '.join(sorted(set(given) - OPTIONS))} is not an option.", "Leave it out.")
    role, external_id = given.get("role", ""), given.get("external_id", "")
    if bool(role) != bool(external_id):
        raise BadArn("external-id", "A role and its external id go together.", "Give both or none.")
    if role:
        arn.parse_role(role, partition=key.partition)
    return Address(key, role, external_id, _replicas(key, given.get("replicas", "")))


def _replicas(key: KeyArn, text: str) -> tuple[str, ...]:
    regions = tuple(text.split(",")) if text else ()
    if not regions:
        return ()
    if not key.is_multi_region:
        raise BadArn("replicas", "A key of one Region has no replicas.", "Leave them out.")
    if len(set(regions) | {key.region}) != len(regions) + 1 or len(regions) > REPLICAS:
        raise BadArn("replicas", f"Replicas are up to {REPLICAS} other Regions, each once.", "Name each once.")
    for region in regions:
        arn.parse_key(str(key.in_region(region)))
    return regions
