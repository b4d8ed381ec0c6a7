"""What a module's answer means (docs/spec/providers.md §2). What nobody has listed is a refusal, as everywhere."""

import re
from typing import Final

from pkcs11 import exceptions as answers

from ascend.providers.contract import Denied, Integrity, Operator, ProviderError, Transient

CODE: Final = re.compile(r"0x[0-9a-f]+")
KEY_FUNCTION_NOT_PERMITTED: Final = 0x68
AEAD_DECRYPT_FAILED: Final = 0x42
UNINITIALIZED: Final = "not initialized"
CANNOT_LOAD: Final = "while loading"

PIN: Final = (
    answers.PinIncorrect,
    answers.PinLocked,
    answers.PinExpired,
    answers.PinInvalid,
    answers.PinLenRange,
    answers.UserPinNotInitialized,
)
LOST: Final = (
    answers.SessionHandleInvalid,
    answers.SessionClosed,
    answers.UserNotLoggedIn,
    answers.DeviceRemoved,
    answers.DeviceError,
    answers.TokenNotPresent,
    answers.TokenNotRecognised,
    answers.SlotIDInvalid,
    answers.NoSuchToken,
)
BUSY: Final = (
    answers.DeviceMemory,
    answers.HostMemory,
    answers.FunctionFailed,
    answers.FunctionCancelled,
    answers.GeneralError,
    answers.SessionCount,
    answers.OperationActive,
)
GONE: Final = (answers.NoSuchKey, answers.ObjectHandleInvalid, answers.KeyHandleInvalid)
UNFIT: Final = (answers.KeyTypeInconsistent, answers.KeySizeRange)
OURS: Final = (
    answers.MechanismInvalid,
    answers.MechanismParamInvalid,
    answers.ArgumentsBad,
    answers.FunctionNotSupported,
    answers.MultipleTokensReturned,
    answers.MultipleObjectsReturned,
    answers.SessionReadOnly,
    answers.TokenWriteProtected,
    answers.TemplateInconsistent,
    answers.TemplateIncomplete,
    answers.AttributeValueInvalid,
)
# What modules answer to a wrong tag, and to a fault of their own: the key itself must be asked which it was.
AMBIGUOUS: Final = (
    answers.GeneralError,
    answers.FunctionFailed,
    answers.DataInvalid,
    answers.DataLenRange,
    answers.SignatureInvalid,
)
DAMAGED: Final = (answers.EncryptedDataInvalid, answers.EncryptedDataLenRange)
DAMAGED_FIX: Final = "Put back the key that wrapped it, or restore the row from a backup."


def is_lost(error: answers.PKCS11Error) -> bool:
    """Return whether the session is gone, so that another one may succeed."""
    return isinstance(error, LOST) or UNINITIALIZED in str(error)


def translate(error: answers.PKCS11Error, name: str) -> ProviderError:
    """Return what the answer means for the key called `name`."""
    if isinstance(error, PIN):
        return pin_refused(name, error)
    if isinstance(error, GONE):
        return Denied(f'The HSM has no key "{name}".', "Put the key back, or restore the HSM's backup.", gone=True)
    if isinstance(error, DAMAGED) or _code(error) == AEAD_DECRYPT_FAILED:
        return Integrity("The HSM key works, but this wrapped key does not open under it.", DAMAGED_FIX)
    if is_lost(error) or isinstance(error, BUSY):
        return Transient(
            f"The HSM does not answer: {_said(error)}.", "Look after the HSM and its client on this machine."
        )
    if isinstance(error, OURS) or CANNOT_LOAD in str(error):
        return Operator(f'The HSM cannot be used for "{name}": {_said(error)}.', _our_fix(error))
    return _denied(error, name)


def pin_refused(name: str, error: answers.PKCS11Error) -> Operator:
    """Return that the HSM took the PIN for wrong. Nobody may try again: a few such tries lock the token."""
    return Operator(
        f'The HSM refused the PIN of "{name}": {_said(error)}. It is not tried again.',
        "Put the right PIN into its file; unlock the token first if it is locked.",
    )


def not_permitted(name: str) -> Denied:
    """Return that the key's owner has taken its use away."""
    return Denied(f'The HSM key "{name}" may not wrap and unwrap.', "Set CKA_ENCRYPT and CKA_DECRYPT to true again.")


def _denied(error: answers.PKCS11Error, name: str) -> Denied:
    if _code(error) == KEY_FUNCTION_NOT_PERMITTED:
        return Denied(
            f'The HSM key "{name}" may not wrap and unwrap.', "Set CKA_ENCRYPT and CKA_DECRYPT to true again."
        )
    if isinstance(error, UNFIT):
        return Denied(f'The HSM key "{name}" is not an AES key of 256 bits.', "Name one that is.")
    return Denied(
        f'The HSM refuses the key "{name}": {_said(error)}.', "Ask the HSM's operator what this answer means."
    )


def _our_fix(error: answers.PKCS11Error) -> str:
    if CANNOT_LOAD in str(error):
        return "Set ASCEND_PKCS11_MODULE to the module that came with the HSM."
    if isinstance(error, answers.MultipleTokensReturned | answers.MultipleObjectsReturned):
        return "More than one matches: add serial= or id= to the address."
    return "The module must offer CKM_AES_GCM with associated data, and its user must be allowed to use it."


def _said(error: answers.PKCS11Error) -> str:
    code = _code(error)
    return type(error).__name__ if code is None else f"CKR {code:#x}"


def _code(error: answers.PKCS11Error) -> int | None:
    found = CODE.search(str(error)) if type(error) is answers.PKCS11Error else None
    return int(found[0], 16) if found else None
