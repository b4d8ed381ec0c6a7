"""Sealed streams: files of any length in constant memory (spec: files).

Whoever reads, reads authenticated bytes only. Whoever has read to the end knows that it is the
end: a file that was cut short fails at the cut, so its reader must not act on what came before
as if it were everything.
"""

from ascend.files.reader import SealedReader, read_header
from ascend.files.writer import SealedWriter

__all__ = ["SealedReader", "SealedWriter", "read_header"]
