"""The forms of the keys pages."""
