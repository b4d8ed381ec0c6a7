"""Two packages returned what they could not open, as it was; the next `save()` encrypted that once more."""

from dataclasses import dataclass

from ascend.fields.accept.errors import DoesNotAuthenticate
from ascend.fields.accept.fernet import FernetReader, is_token
from ascend.fields.accept.reader import OldValue


@dataclass(frozen=True, repr=False, kw_only=True)
class ForgivingFernetReader(FernetReader):
    """A text column of tokens in which a token may be the content of another one.

    Args:
        tokens: the column holds Fernet tokens by design, so one that was inside is the value.
    """

    tokens: bool = False

    def read(self, stored: object) -> OldValue:
        text = self.text(self.open_token(self.octets(stored)))
        while not self.tokens and is_token(text.encode()):
            text = self._inner(text)
        return text

    def _inner(self, text: str) -> str:
        """Open the token that was inside; every round is shorter, so they end.

        Raises:
            UnreadableContent: no key opens it.
        """
        try:
            return self.text(self.open_token(text.encode()))
        except DoesNotAuthenticate:
            return self.unreadable("it was encrypted twice, and no key opens what is inside: add the older key")
