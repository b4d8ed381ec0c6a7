"""The inbox of requests, and one request to decide."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from accounts import selectors
from accounts.access import SignedInMixin
from accounts.approvals.request_hash import RequestAltered
from accounts.confirmation import is_confirmed
from accounts.forms.approvals import VoteForm
from accounts.models import ApprovalRequest, ApprovalState, Choice
from accounts.services import approvals
from accounts.services.approvals.voting import Ballot

VOTE_ERRORS = (
    approvals.NotEligible,
    approvals.RequestClosed,
    approvals.AlreadyVoted,
    approvals.StalePage,
    RequestAltered,
)


class ApprovalListView(SignedInMixin):
    """What waits for a vote, and what was decided."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the open ones first."""
        inbox = selectors.approval_inbox(self.access, timezone.now())
        return render(request, "accounts/approvals.html", {"inbox": inbox})


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class ApprovalView(SignedInMixin):
    """Who wants what, what would change, who said what; and for those who may, the vote."""

    def get(self, request: HttpRequest, request_id: UUID) -> HttpResponse:
        """Show the request."""
        wanted = self._load(request_id)
        form = VoteForm(initial={"seen": bytes(wanted.request_hash).hex()})
        return self._show(wanted, form)

    def post(self, request: HttpRequest, request_id: UUID) -> HttpResponse:
        """Vote, and carry the request out if that was the vote it waited for."""
        wanted = self._load(request_id)
        form = VoteForm(request.POST)
        if not (form.is_valid() and is_confirmed(form, request, self.access)):
            return self._show(wanted, form)
        try:
            self._vote(wanted, form)
        except VOTE_ERRORS as error:
            form.add_error(None, _why(error))
            return self._show(self._load(request_id), form, status=409)
        messages.success(request, _outcome(approvals.execute(request_id=wanted.pk, now=timezone.now())))
        return redirect("approval", request_id)

    def _load(self, request_id: UUID) -> ApprovalRequest:
        requests = ApprovalRequest.objects.for_organization(self.access.organization.pk).select_related("requester")
        return get_object_or_404(requests, pk=request_id)

    def _vote(self, wanted: ApprovalRequest, form: VoteForm) -> None:
        data = form.cleaned_data
        approvals.vote(
            request_id=wanted.pk,
            organization_id=self.access.organization.pk,
            voter_id=self.access.person.pk,
            ballot=Ballot(Choice(data["choice"]), data["reason"], bytes.fromhex(data["seen"])),
            now=timezone.now(),
        )

    def _show(self, wanted: ApprovalRequest, form: VoteForm, *, status: int = 200) -> HttpResponse:
        detail = selectors.approval_detail(wanted, self.access, timezone.now())
        context: dict[str, Any] = {"detail": detail, "form": form}
        return render(self.request, "accounts/approval.html", context, status=status)


def _why(error: Exception) -> str:
    reasons = {
        approvals.NotEligible: _("You may not vote on this request: you made it, or you are no approver (any more)."),
        approvals.RequestClosed: _("This request is closed. Your vote was not counted."),
        approvals.AlreadyVoted: _("You have already voted. A vote cannot be changed."),
        approvals.StalePage: _("The request is not the one that this page showed. Read it again before you vote."),
        RequestAltered: _("This request was changed in the database after it was made. Nobody can vote on it."),
    }
    return reasons[type(error)]


def _outcome(state: ApprovalState) -> str:
    if state == ApprovalState.SUCCEEDED:
        return _("Your vote is counted, and the request was carried out.")
    if state == ApprovalState.REJECTED:
        return _("The request is rejected.")
    if state == ApprovalState.FAILED:
        return _("Your vote is counted, but the request could not be carried out.")
    return _("Your vote is counted.")
