"""Addresses of accounts, without a namespace: the whole portal links to them."""

from django.urls import path

from accounts.views import approvals, operators, profile, set_up, sign_in

urlpatterns = [
    path("login/", sign_in.SignInView.as_view(), name="sign_in"),
    path("logout/", sign_in.SignOutView.as_view(), name="sign_out"),
    # These stand before the stock admin's own.
    path("admin/login/", operators.OperatorSignInView.as_view(), name="operator_sign_in"),
    path("admin/logout/", sign_in.SignOutView.as_view(), name="operator_sign_out"),
    path("admin/password_change/", operators.NoPasswordChangeView.as_view(), name="operator_password_change"),
    path("welcome/<str:token>/", sign_in.OneTimeView.as_view(), name="one_time"),
    path("setup/", set_up.SetUpView.as_view(), name="set_up"),
    path("organization/", profile.SwitchOrganizationView.as_view(), name="switch_organization"),
    path("settings/profile/", profile.ProfileView.as_view(), name="profile"),
    path("approvals/", approvals.ApprovalListView.as_view(), name="approvals"),
    path("approvals/<uuid:request_id>/", approvals.ApprovalView.as_view(), name="approval"),
]
