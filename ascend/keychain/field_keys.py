"""The keys of one field in this process: suites 01 and 03."""

import os
from collections.abc import Mapping
from typing import ClassVar
from uuid import UUID

from ascend.envelope import message
from ascend.envelope.cipher import FieldCipher
from ascend.envelope.context import FieldContext
from ascend.envelope.suites import Suite
from ascend.keychain import acquisition, branches, budget, crowd, succession
from ascend.keychain.label_keys import LabelKeys
from ascend.keychain.leases import TenantLease
from ascend.keychain.models import Algorithm, Key, Purpose
from ascend.keychain.provisioning import Branch
from ascend.keychain.sealers import Sealer

SUITE_OF: Mapping[int, Algorithm] = {
    Suite.AES_256_GCM: Algorithm.AES_256_GCM,
    Suite.XAES_256_GCM: Algorithm.XAES_256_GCM,
}


class FieldKeys(LabelKeys[Sealer]):
    """Openers and sealers of one context label. One object for each label and process; a fork empties it."""

    purpose: ClassVar[Purpose] = Purpose.RECORDS
    algorithms: ClassVar[Mapping[int, Algorithm]] = SUITE_OF

    def _load_sealer(self, organization_id: UUID) -> Sealer:
        lease, row, watch = branches.primary_data_key(organization_id, self._branch())
        allowance = budget.allowance(row.id, organization_id)
        if succession.is_due(row, allowance):
            succession.succeed(row, lease)
            acquisition.give_up(lease)
            lease, row, watch = branches.primary_data_key(organization_id, self._branch())
            allowance = budget.allowance(row.id, organization_id)
        header = message.header(Suite.AES_256_GCM, bytes(row.short_id or b""))
        sealer = Sealer(self, lease, self._cipher(lease, row, header), allowance, watch)
        self._sealers[organization_id] = sealer
        lease.add_holder(sealer)
        return sealer

    def _cipher(self, lease: TenantLease, row: Key, header: bytes) -> FieldCipher:
        return FieldCipher(lease.key_of(row), header, FieldContext(lease.organization_id, self.label))

    def _branch(self) -> Branch:
        return Branch(Purpose.RECORDS, self.label, Algorithm.AES_256_GCM)


_by_label: dict[str, FieldKeys] = {}


def field_keys(label: str) -> FieldKeys:
    """Return the keys of one context label in this process."""
    found = _by_label.get(label)
    return found if found is not None else _by_label.setdefault(label, FieldKeys(label))


def forget_all() -> None:
    """Empty the keys of every label; the objects stay, since fields keep them."""
    for keys in list(_by_label.values()):
        keys.forget()
    crowd.forget()


os.register_at_fork(after_in_child=forget_all)
