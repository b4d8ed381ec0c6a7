"""What pages of records show, as frozen dataclasses."""
