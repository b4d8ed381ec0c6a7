"""What KMS's answers mean: one row a meaning, the first that fits decides. Spec: docs/spec/providers.md §5 (PV-55).

docs/guides/aws-kms-answers.md shows this table; `make docs` writes it there. What is in no row is a denial: an
unknown word is no reason to go on using a key.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ascend.providers.contract import Denied, Integrity, Operator, ProviderError, Transient

OWN_TROUBLE_STATUS: Final = 500
TOO_MANY_REQUESTS: Final = 429


@dataclass(frozen=True, slots=True)
class Finding:
    """One meaning: the codes it comes with, the words that must be in the message, what follows from it."""

    name: str
    reaction: type[ProviderError]
    codes: Sequence[str]
    cause: str
    fix: str
    words: Sequence[str] = field(default=())
    gone: bool = False

    def fits(self, code: str, message: str) -> bool:
        """Return whether an answer means this."""
        lowered = message.lower()
        return code in self.codes and (not self.words or any(word in lowered for word in self.words))

    def error(self, detail: str = "") -> ProviderError:
        """Return it as the contract's error; `detail` is added to the cause."""
        cause = f"{self.cause} {detail}".strip()
        error = Denied(cause, self.fix, gone=self.gone) if self.reaction is Denied else self.reaction(cause, self.fix)
        error.finding = self.name
        return error


INVALID_STATE: Final = ("KMSInvalidStateException",)
OURS_TO_LOOK_AT: Final = "Look at the portal's AWS credentials: nothing is known about the key."

FINDINGS: Final[tuple[Finding, ...]] = (
    Finding(
        "keystore-unreachable", Transient, INVALID_STATE,
        "KMS cannot reach the external key store that holds the key.",
        "Look at the key store's proxy. Access comes back by itself when it answers.",
        words=("respond in time", "very high request rate", "cannot communicate", "unable to communicate", "tls",
               "cannot interpret", "could not interpret"),
    ),
    Finding(
        "external-key-refused", Denied, INVALID_STATE,
        "The external key store refuses the use of the key.",
        "Enable the external key, or let KMS use it, in your key manager.",
        words=("external key", "xks"),
    ),
    Finding(
        "pending-deletion", Denied, INVALID_STATE,
        "The key is scheduled for deletion.",
        "CancelKeyDeletion and then EnableKey in AWS, before the waiting period ends: afterwards the data is lost.",
        words=("pending deletion", "pendingdeletion", "pending replica deletion"),
    ),
    Finding(
        "material-missing", Denied, INVALID_STATE,
        "The imported key material was deleted or has expired.",
        "Import the same key material again.",
        words=("pending import", "pendingimport"),
    ),
    Finding(
        "keystore-disconnected", Denied, INVALID_STATE,
        "The custom key store of the key is disconnected.",
        "ConnectCustomKeyStore in AWS; it takes about five minutes.",
        words=("unavailable", "disconnected"),
    ),
    Finding(
        "invalid-state", Denied, INVALID_STATE,
        "The key is in a state that allows no use.", "Look at the key in the AWS console, and enable it.",
    ),
    Finding(
        "disabled", Denied, ("DisabledException",),
        "The key is disabled.", "Enable it in AWS (EnableKey). Access comes back by itself.",
    ),
    Finding(
        "missing", Denied, ("NotFoundException",),
        "AWS finds no such key.",
        "Check its account and Region. If it was deleted, its data cannot be read any more.", gone=True,
    ),
    Finding(
        "role-denied", Denied, ("AssumeRole.AccessDenied", "AssumeRole.AccessDeniedException"),
        "The customer's role does not let this portal in.",
        "Let its trust policy name the portal's role, with this organization's external id.",
    ),
    Finding(
        "access-denied", Denied, ("AccessDeniedException", "AccessDenied"),
        "The key's policy does not let this portal use the key for this organization.",
        "Put the portal's statements back into the key policy; the keys page shows them.",
    ),
    Finding(
        "own-role-replaced", Operator, (),
        "The portal's own key refuses too: the portal's role was deleted and made again, or its credentials changed.",
        "Give the portal its role back. If it is a new one, every customer must save their key policy again.",
    ),
    Finding(
        "credentials", Operator,
        ("ExpiredTokenException", "ExpiredToken", "UnrecognizedClientException", "InvalidClientTokenId",
         "InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignature", "MissingAuthenticationToken",
         "MissingAuthenticationTokenException", "RequestExpired", "AuthFailure", "OptInRequired",
         "RegionDisabledException"),
        "AWS does not accept the portal's credentials, or the clock of this machine is wrong.", OURS_TO_LOOK_AT,
    ),
    Finding(
        "throttled", Transient,
        ("ThrottlingException", "Throttling", "ThrottledException", "RequestThrottled", "RequestThrottledException",
         "RequestLimitExceeded", "TooManyRequestsException", "LimitExceededException", "SlowDown"),
        "AWS accepts no more calls of the portal's account at this moment.",
        "Wait. If it comes back, raise the account's KMS quota or lower ASCEND_AWS_CALLS_PER_SECOND.",
    ),
    Finding(
        "aws-trouble", Transient,
        ("KMSInternalException", "DependencyTimeoutException", "KeyUnavailableException", "InternalFailure",
         "InternalError", "InternalServerError", "InternalServiceError", "ServiceUnavailable",
         "ServiceUnavailableException", "RequestTimeout", "RequestTimeoutException"),
        "AWS KMS has trouble of its own.", "Wait; AWS's status page says more.",
    ),
    Finding(
        "altered", Integrity, ("InvalidCiphertextException",),
        "The key works, this wrapped key does not open: it was changed, or it belongs to another organization.",
        "Restore the row from a backup, and look for who changed it.",
    ),
    Finding(
        "other-key", Integrity, ("IncorrectKeyException",),
        "This wrapped key was wrapped by another master key.", "Restore the row from a backup.",
    ),
    Finding(
        "wrong-kind", Operator, ("InvalidKeyUsageException",),
        "The key is not a symmetric key for encryption.", "Register a SYMMETRIC_DEFAULT key with ENCRYPT_DECRYPT.",
    ),
    Finding(
        "misconfigured", Operator,
        ("InvalidArnException", "ValidationException", "ValidationError", "InvalidGrantTokenException",
         "UnsupportedOperationException", "ConflictException", "UnknownOperationException", "InvalidAction"),
        "KMS does not understand what the portal asks of this key.", "Register the key again, and report this.",
    ),
    Finding(
        "unreachable", Transient, (),
        "AWS KMS cannot be reached.", "Check DNS, firewall, proxy and VPC endpoint of this machine.",
    ),
    Finding(
        "malformed", Transient, (),
        "What answered for AWS KMS is not KMS.", "Look at the proxies between this machine and AWS.",
    ),
    Finding(
        "replaced", Integrity, (),
        "KMS answered for another key than the one that was asked.", "Do not use this endpoint: ask its operator.",
    ),
    Finding(
        "unknown", Denied, (),
        "AWS KMS refuses the key for a reason that this version does not know.",
        "Look at the key in the AWS console, and at the code in this message.",
    ),
)  # fmt: skip
BY_NAME: Final = {finding.name: finding for finding in FINDINGS}


def meaning(code: str, message: str, status: int, *, operation: str = "") -> Finding:
    """Return what an error answer of KMS or STS means."""
    for name in (f"{operation}.{code}", code):
        for finding in FINDINGS:
            if finding.fits(name, message):
                return finding
    if status >= OWN_TROUBLE_STATUS:
        return BY_NAME["aws-trouble"]
    return BY_NAME["throttled" if status == TOO_MANY_REQUESTS else "unknown"]
