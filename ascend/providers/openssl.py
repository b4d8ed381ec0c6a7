"""The lines with which a key's owner wraps it and computes its check value. A test runs them as they are printed.

They need openssl 3 and a POSIX shell. The key is in `key.bin`, 32 bytes; the portal's `wrapping-key.pem` beside it.
"""

from dataclasses import dataclass
from typing import Final

from ascend.providers.importing import BLOCK_BYTES, CHECK_BYTES, Check, CheckValue, Wrapping

HEX: Final = "od -An -v -tx1 {} | tr -d ' \\n'"
HEX_OF_INPUT: Final = "od -An -v -tx1 | tr -d ' \\n'"
CHECK: Final = "Compute its check value"
# RFC 5649's constant; openssl asks for it and takes no other.
KWP_IV: Final = "A65959A6"


@dataclass(frozen=True, slots=True)
class Line:
    """One command, and what it does."""

    title: str
    command: str

    @property
    def slug(self) -> str:
        """Return a name for the line inside of a page."""
        return "line-" + self.title.lower().replace(" ", "-")


def make_key() -> Line:
    """Return how to make a key, for an owner who has none yet."""
    return Line("Make a key", "openssl rand -out key.bin 32")


def wrap(wrapping: Wrapping) -> tuple[Line, ...]:
    """Return how to wrap `key.bin` into `wrapped-key.bin`."""
    if not wrapping.is_two_step:
        return (Line("Wrap the key", _encrypt("key.bin", "wrapped-key.bin", wrapping)),)
    return (
        Line("Make a key for one use", "openssl rand -out once.bin 32"),
        Line(
            "Wrap the key under it",
            f'openssl enc -e -id-aes256-wrap-pad -K "$({HEX.format("once.bin")})" -iv {KWP_IV}'
            " -in key.bin -out key.wrapped",
        ),
        Line("Wrap that one", _encrypt("once.bin", "once.wrapped", wrapping)),
        Line("Put the two together", "cat once.wrapped key.wrapped > wrapped-key.bin"),
        Line("Forget it", "rm once.bin once.wrapped key.wrapped"),
    )


def show() -> Line:
    """Return how to print the wrapped key, to be pasted into a page."""
    return Line("Print the result", "openssl base64 -A -in wrapped-key.bin")


def check_before(check: Check) -> Line | None:
    """Return how to compute the check value that goes with the file; None where it is known only afterwards."""
    if check is Check.CMAC:
        mac = f'openssl mac -cipher AES-256-CBC -macopt "hexkey:$({HEX.format("key.bin")})" -in - CMAC'
        return Line(CHECK, f"head -c {BLOCK_BYTES} /dev/zero | {mac} | head -c {2 * CHECK_BYTES}")
    if check is Check.FILE:
        return Line(CHECK, "openssl dgst -sha256 -r wrapped-key.bin | cut -d ' ' -f 1")
    return None


def check_after(check: CheckValue) -> Line:
    """Return how to compute what the store said of the key it holds."""
    return check_before(check.kind) or Line(CHECK, _block(check.block, len(check.value)))


def _encrypt(source: str, target: str, wrapping: Wrapping) -> str:
    return (
        f"openssl pkeyutl -encrypt -pubin -inkey wrapping-key.pem -in {source} -out {target}"
        f" -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:{wrapping.digest} -pkeyopt rsa_mgf1_md:{wrapping.digest}"
    )


def _block(block: bytes, size: int) -> str:
    octal, key = "".join(f"\\{byte:03o}" for byte in block), HEX.format("key.bin")
    encrypted = f'openssl enc -aes-256-ecb -nopad -K "$({key})"'
    return f"printf '{octal}' | {encrypted} | head -c {size} | {HEX_OF_INPUT}"
