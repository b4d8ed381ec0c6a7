"""What a reader of an old format refuses. No message, and no error behind it, holds a value or a key."""


class OldFormatError(Exception):
    """A stored value was not turned into its plaintext. Root: `except OldFormatError` catches all of it."""

    def __init__(self, reader: str, why: str) -> None:
        """Keep both parts as arguments, so that the error survives pickling.

        Args:
            reader: the reader's name ("FernetFields").
            why: a clause without the value ("the column holds NULL").
        """
        super().__init__(reader, why)

    def __str__(self) -> str:
        reader, why = self.args
        return f"{reader}: {why}"


class NotThisFormat(OldFormatError):
    """The stored value has another shape than this package writes; no key was tried. Another reader may know it."""


class DoesNotAuthenticate(OldFormatError):
    """The shape is right and no key opens it: another key, or somebody changed it. Never taken for plaintext."""


class UnreadableContent(OldFormatError):
    """It opened, and what was inside is no value: a class that is not read, or the wreck of an expression."""
