"""The files that say where a key store is."""

import json
from pathlib import Path


def write(folder: Path, name: str, **fields) -> Path:
    path = folder / f"{name}.json"
    path.write_text(json.dumps(fields))
    path.chmod(0o600)
    return path
