"""What stops a campaign, or one row of it."""


class CampaignError(Exception):
    """Root of the package."""


class NotPossible(CampaignError):
    """The column cannot be worked on as it was asked; the message says what to change."""


class RowFailed(CampaignError):
    """One row cannot be done. The message is stored and printed: it never holds a value."""


class LeaseLost(CampaignError):
    """Another worker has taken the batch; nothing of it was written here."""


class OldValuesLeft(CampaignError):
    """The window cannot be closed, or the old column dropped: it still holds values."""
