"""What the keys page shows, as frozen values."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.models import ApprovalRequest
from ascend.envelope.budget import SOFT_LIMIT_MESSAGES
from ascend.keychain import selectors
from ascend.keychain.models import Algorithm, Purpose
from ascend.keychain.selectors import KeychainView, KeyView
from ascend.keychain.states import Level, State
from byok.selectors.health import Health, health_of
from byok.services import lease_change


@dataclass(frozen=True, slots=True)
class TreeRow:
    """One key, `depth` steps below the master key (0 to 3)."""

    key: KeyView
    depth: int
    name: str

    @property
    def counts_messages(self) -> bool:
        """Return whether the key has a budget: only suite 01 has, neither files nor indexes do."""
        return self.key.level == Level.DATA_KEY and self.key.algorithm == Algorithm.AES_256_GCM

    @property
    def budget(self) -> int:
        """Return after how many messages a successor is made."""
        return SOFT_LIMIT_MESSAGES


@dataclass(frozen=True, slots=True)
class KeysPage:
    """An organization's keychain as a tree, how it is, its leases, and a waiting change of the lease length."""

    keychain: KeychainView
    health: Health
    rows: tuple[TreeRow, ...]
    waiting: ApprovalRequest | None

    @property
    def is_suspended(self) -> bool:
        """Return whether no value of the organization can be read or written."""
        return self.keychain.state == State.SUSPENDED


def keys_page(organization_id: UUID, now: datetime) -> KeysPage:
    """Return what the page shows, in six queries however many keys there are."""
    view = selectors.keychain(organization_id)
    waiting = ApprovalRequest.objects.for_organization(organization_id).pending(now)
    return KeysPage(
        keychain=view,
        health=health_of(view, now),
        rows=tuple(tree(view.keys)),
        waiting=waiting.filter(operation=lease_change.OPERATION).first(),
    )


def tree(keys: Sequence[KeyView]) -> Iterator[TreeRow]:
    """Return the keys so that each stands below its parent. One whose parent is gone stands at its level."""
    known = {key.id for key in keys}
    children: dict[UUID | None, list[KeyView]] = defaultdict(list)
    for key in keys:
        children[key.parent_id if key.parent_id in known else None].append(key)
    for root in children[None]:
        yield from _branch(root, children)


def _branch(key: KeyView, children: Mapping[UUID | None, list[KeyView]]) -> Iterator[TreeRow]:
    yield TreeRow(key=key, depth=key.level - 1, name=_name(key))
    for child in children.get(key.id, []):
        yield from _branch(child, children)


def _name(key: KeyView) -> str:
    """Return what tells the key from its neighbors: where it is, what it is for, or which field it protects."""
    if key.level == Level.MASTER_KEY:
        return key.provider_uri
    if key.level == Level.DATA_KEY and key.label:
        return key.label
    purpose = str(Purpose(key.purpose).label)
    return f"{purpose} · {key.classification}" if key.classification else purpose
