"""The version of this installation."""

from importlib import metadata


def version() -> str:
    """Return the version of the installed package, or "unknown" where the code was never installed."""
    try:
        return metadata.version("ascend-portal")
    except metadata.PackageNotFoundError:
        return "unknown"
