"""Ask for, decide and carry out what needs a second person."""

from accounts.services.approvals.execution import execute
from accounts.services.approvals.expiry import expire_overdue
from accounts.services.approvals.recovery import resume_crashed
from accounts.services.approvals.requesting import AlreadyRequested, request
from accounts.services.approvals.voting import AlreadyVoted, NotEligible, RequestClosed, StalePage, vote

__all__ = [
    "AlreadyRequested",
    "AlreadyVoted",
    "NotEligible",
    "RequestClosed",
    "StalePage",
    "execute",
    "expire_overdue",
    "request",
    "resume_crashed",
    "vote",
]
