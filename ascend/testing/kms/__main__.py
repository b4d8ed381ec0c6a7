"""`python -m ascend.testing.kms [--port N]`: the server as a process. Its first line of output is its endpoint.

With `--control`, POST /_control takes {"verb": {…}} (see `control.py`). It listens on 127.0.0.1 alone.
"""

import argparse
import signal
import sys
import threading

from ascend.testing.kms.server import StrictKms


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m ascend.testing.kms", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--control", action="store_true")
    options = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with StrictKms(port=options.port, is_controlled=options.control) as kms:
        sys.stdout.write(f"{kms.url}\n")
        sys.stdout.flush()
        ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
