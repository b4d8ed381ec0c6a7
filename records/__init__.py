"""Protected personal records: import, masked list, search, reveal with a reason."""
