"""Files that only their owner may read, from the moment they exist."""

import os
from pathlib import Path
from typing import IO

FOR_OWNER_ONLY = 0o600


def write(path: Path, text: str) -> None:
    """Put `text` in place of what the file held, in one step: a reader sees all of it or what was there before."""
    partial = path.with_name(f"{path.name}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FOR_OWNER_ONLY)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    partial.replace(path)


def append(path: Path) -> IO[bytes]:
    """Open a log to write at its end."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, FOR_OWNER_ONLY), "ab")
