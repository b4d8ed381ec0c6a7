"""The tables of records."""

from records.models.imports import ImportIssue, ImportJob, SeenReference
from records.models.people import PersonRecord
from records.models.searches import Search

__all__ = ["ImportIssue", "ImportJob", "PersonRecord", "Search", "SeenReference"]
