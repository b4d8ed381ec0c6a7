"""The keys of one join group in this process: suite 02, one key for all columns of the group (ENV-23).

A column in no group is a group of its own, under its context label. The purpose, and with it the
service key, is another than that of suite 01: the two never meet under one label.
"""

import os
from collections.abc import Mapping
from typing import ClassVar
from uuid import UUID

from ascend.envelope import message
from ascend.envelope.deterministic import DeterministicCipher, GroupContext
from ascend.envelope.suites import Suite
from ascend.keychain import branches
from ascend.keychain.group_sealers import GroupSealer
from ascend.keychain.label_keys import LabelKeys
from ascend.keychain.leases import TenantLease
from ascend.keychain.models import Algorithm, Key, Purpose
from ascend.keychain.provisioning import Branch


class GroupKeys(LabelKeys[GroupSealer]):
    """Openers and sealers of one group. Its key is never succeeded: values under two keys do not join."""

    purpose: ClassVar[Purpose] = Purpose.DETERMINISTIC
    algorithms: ClassVar[Mapping[int, Algorithm]] = {Suite.AES_256_SIV: Algorithm.AES_256_SIV}

    def _load_sealer(self, organization_id: UUID) -> GroupSealer:
        branch = Branch(self.purpose, self.label, Algorithm.AES_256_SIV)
        lease, row, watch = branches.primary_data_key(organization_id, branch)
        header = message.header(Suite.AES_256_SIV, bytes(row.short_id or b""))
        sealer = GroupSealer(self, lease, self._cipher(lease, row, header), header, watch)
        self._sealers[organization_id] = sealer
        lease.add_holder(sealer)
        return sealer

    def _cipher(self, lease: TenantLease, row: Key, header: bytes) -> DeterministicCipher:
        return DeterministicCipher(lease.siv_key_of(row), header, GroupContext(lease.organization_id, self.label))


_by_label: dict[str, GroupKeys] = {}


def group_keys(label: str) -> GroupKeys:
    """Return the keys of one join group in this process."""
    found = _by_label.get(label)
    return found if found is not None else _by_label.setdefault(label, GroupKeys(label))


def forget_all() -> None:
    """Empty the keys of every group; the objects stay, since fields keep them."""
    for keys in list(_by_label.values()):
        keys.forget()


os.register_at_fork(after_in_child=forget_all)
