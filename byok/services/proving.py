"""Proof of control: the key's owner wraps a nonce of ours, which the portal itself is not allowed to do.

Without it anybody could register the ARN of somebody else's key that happens to trust the portal's role.
"""

from base64 import b64decode
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from ascend.envelope.keys import SecretKey
from ascend.providers import registry
from ascend.providers.contract import Integrity
from audit.actor import Actor
from audit.catalogue import Event
from audit.entry import Outcome
from byok.models import Registration
from byok.services import calls, events, registering

CIPHERTEXT_CHARACTERS = 8192


class ProofRefused(Exception):
    """What was given proves nothing; `cause` and `fix` are sentences for the key admin."""

    def __init__(self, cause: str, fix: str) -> None:
        super().__init__(f"{cause} {fix}")
        self.cause, self.fix = cause, fix


def prove(
    *, registration_id: UUID, organization_id: UUID, person_id: UUID, ciphertext: str, now: datetime
) -> Registration:
    """Open what the owner wrapped (base64) and compare it with the nonce. Each refusal is in the log.

    Raises:
        WrongStep: the registration is no draft, or names no key, or was changed meanwhile.
        ProofRefused: the ciphertext is none, or not of this nonce under this key.
        ProviderError: the key service could not answer; nothing is said about the proof.
    """
    registration = Registration.objects.for_organization(organization_id).get(pk=registration_id)
    if not registration.key_arn:
        raise registering.WrongStep
    actor = Actor.person(person_id)
    try:
        _require_nonce(registration, _bytes_of(ciphertext))
    except ProofRefused as refused:
        events.record(
            Event.PROOF_REFUSE, registration, actor=actor, now=now, outcome=Outcome.DENIED, cause=refused.cause
        )
        raise
    with transaction.atomic():
        proved = registering.locked_draft(registration_id, organization_id)
        if proved.details_version != registration.details_version:
            raise registering.WrongStep
        proved.proved_at = now
        proved.save(update_fields=["proved_at"])
        events.record(Event.PROOF_ACCEPT, proved, actor=actor, now=now, key_arn=proved.key_arn)
    return proved


def _bytes_of(ciphertext: str) -> bytes:
    compact = "".join(ciphertext.split())
    try:
        if 0 < len(compact) <= CIPHERTEXT_CHARACTERS:
            return b64decode(compact, validate=True)
    except ValueError:
        pass
    raise ProofRefused(
        _("This is not the base64 text that the command prints."),
        _("Run the command again and paste its whole output, without quotation marks."),
    )


def _require_nonce(registration: Registration, ciphertext: bytes) -> None:
    uri = calls.uri_of(registration)
    provider = registry.provider_for(uri)
    try:
        found = provider.unwrap(uri, ciphertext, calls.proof_context(registration))
    except Integrity as error:
        raise ProofRefused(
            _("The key does not open this under the context of this registration."),
            _("Run the command exactly as it is shown, with this key. A command of an earlier draft does not count."),
        ) from error
    if found != SecretKey(bytes(registration.nonce)):
        raise ProofRefused(
            _("The key opened it, but it is not the number of this registration."), _("Run the command as it is shown.")
        )
