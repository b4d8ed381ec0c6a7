"""Keep what is in memory in memory: no core file, no debugger of the same user.

Spec: docs/spec/keychain.md §7 (KC-29). CPython cannot promise to erase bytes; SECURITY.md says so.
"""

import ctypes
import logging
import resource
import sys

PR_SET_DUMPABLE = 4  # prctl(2)

logger = logging.getLogger(__name__)


def harden_process() -> None:
    """Turn core files off and make the process not dumpable, as far as the system lets us."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    if not sys.platform.startswith("linux"):
        return
    try:
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    except (OSError, AttributeError):
        logger.warning("prctl is not to be had: this process may be dumped by its user.")
