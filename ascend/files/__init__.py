"""Encrypted files: chunked streams in constant memory. Specification: docs/spec/files.md."""
