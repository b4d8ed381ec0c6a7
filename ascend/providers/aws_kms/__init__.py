"""Keys in AWS KMS (extra `aws`). Spec: docs/spec/providers.md §5."""
