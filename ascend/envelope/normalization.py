"""The Unicode forms in which values are compared (spec: blind-index §2).

Two people type one name in two ways: composed or not, in capitals, in full-width letters. Every
transform but `exact` folds these away, and every form here is its own result.
"""

import unicodedata

_KEPT_CATEGORIES = "LNM"  # letters, numbers, marks; `isalnum` would drop the vowel signs of many scripts


def canonical_fold(value: str) -> str:
    """Fold case and composition (Unicode 3.13, D145); compatibility forms stay apart."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", value).casefold())


def compatible_fold(value: str) -> str:
    """Fold case and compatibility forms (Unicode 3.13: toNFKC_Casefold without the ignorable characters)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold())


def words(value: str) -> list[str]:
    """Return the words of a text, folded: runs of letters, numbers and marks, whatever stands between them."""
    folded = compatible_fold(value)
    spaced = "".join(
        character if unicodedata.category(character)[0] in _KEPT_CATEGORIES else " " for character in folded
    )
    return spaced.split()


def decimal_digits(value: str) -> str:
    """Return the decimal digits of any script, written 0 to 9."""
    return "".join(str(unicodedata.decimal(character)) for character in value if character.isdecimal())
