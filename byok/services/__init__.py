"""Verbs of the keys pages."""
