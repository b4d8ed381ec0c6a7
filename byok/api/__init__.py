"""The API of customers' keys, for programs. Spec: docs/spec/byok-api.md."""
