"""The tables of accounts."""

from accounts.models.allowances import Allowance
from accounts.models.approvals import ApprovalRequest, ApprovalState, Choice, Vote
from accounts.models.people import LANGUAGES, Membership, Organization, Person
from accounts.models.sign_in import OneTimeSignIn, SetUpToken, SignInThrottle

__all__ = [
    "LANGUAGES",
    "Allowance",
    "ApprovalRequest",
    "ApprovalState",
    "Choice",
    "Membership",
    "OneTimeSignIn",
    "Organization",
    "Person",
    "SetUpToken",
    "SignInThrottle",
    "Vote",
]
