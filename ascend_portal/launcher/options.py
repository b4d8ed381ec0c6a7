"""What the person who types `make run` can choose."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ascend_portal.launcher.data_directory import Refused

HIGHEST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Options:
    """Where the data is, where the portal answers, and whether sample people are made."""

    data_dir: Path
    host: str
    port: int
    has_sample: bool
    brings_database: bool
    brings_redis: bool

    @classmethod
    def from_environment(cls) -> Self:
        """Read DATA_DIR, HOST, PORT, SAMPLE, DATABASE_URL and REDIS_URL.

        Raises:
            Refused: PORT is no port.
        """
        port = os.environ.get("PORT") or "8000"
        if not port.isdecimal() or not 0 < int(port) <= HIGHEST_PORT:
            raise Refused(f"PORT={port} is not a port: choose 1024 to {HIGHEST_PORT}.")
        return cls(
            data_dir=Path(os.environ.get("DATA_DIR") or ".data").expanduser().resolve(),
            host=os.environ.get("HOST") or "127.0.0.1",
            port=int(port),
            has_sample=os.environ.get("SAMPLE", "1") not in ("0", "false", "no"),
            brings_database=bool(os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE")),
            brings_redis=bool(os.environ.get("REDIS_URL") or os.environ.get("REDIS_URL_FILE")),
        )

    @property
    def address(self) -> str:
        """Return what to type into a browser."""
        return f"http://{self.host}:{self.port}"
