"""What the server refuses with: AWS's own codes."""

BAD_REQUEST, FORBIDDEN = 400, 403


class Refusal(Exception):
    """An answer with an error code. `status` is the HTTP status that AWS sends it with."""

    def __init__(self, code: str, message: str = "", *, status: int = BAD_REQUEST) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status


def invalid_state(arn: str, state: str) -> Refusal:
    """Return the refusal of a key in a state that allows no use."""
    words = {"PendingDeletion": "pending deletion", "PendingImport": "pending import", "Creating": "creating"}
    return Refusal("KMSInvalidStateException", f"{arn} is {words.get(state, state.lower())}.")


def invalid(message: str) -> Refusal:
    """Return the refusal of a request that no key could fulfil."""
    return Refusal("ValidationException", message)
