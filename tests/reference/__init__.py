"""A second implementation of the formats, written from the specifications and sharing no code with `ascend`.

It is slow and plain on purpose: what two different programs agree on is the format, not a habit of one of them.
"""
