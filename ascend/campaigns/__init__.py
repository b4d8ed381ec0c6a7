"""Work over the rows of one column in the background: batches that are claimed, swapped and counted in the database.

What is done with a batch is a `Work`; everything else is the same for protecting a column, for going back and for
re-encryption. Rules: docs/spec/windows.md.
"""
