"""Addresses of the keys pages."""

from django.urls import path

from byok.views import imports, key_steps, keys, onboarding, signing_steps, verify_steps

app_name = "byok"
_ONE = "onboarding/<uuid:registration_id>/"
_IMPORT = "keys/imports/<uuid:ceremony_id>/"

urlpatterns = [
    path("keys/", keys.KeysView.as_view(), name="keys"),
    path("keys/leases/", keys.LeasesView.as_view(), name="leases"),
    path("keys/lease/", keys.LeaseChangeView.as_view(), name="lease"),
    path("keys/imports/", imports.ImportsView.as_view(), name="imports"),
    path(_IMPORT, imports.ImportView.as_view(), name="import"),
    path(f"{_IMPORT}wrapping-key.pem", imports.WrappingKeyView.as_view(), name="import_key"),
    path(f"{_IMPORT}confirm/", imports.ConfirmView.as_view(), name="import_confirm"),
    path(f"{_IMPORT}cancel/", imports.CancelView.as_view(), name="import_cancel"),
    path("onboarding/", onboarding.OnboardingView.as_view(), name="onboarding"),
    path("onboarding/start/", onboarding.StartView.as_view(), name="onboarding_start"),
    path(f"{_ONE}cancel/", onboarding.CancelView.as_view(), name="onboarding_cancel"),
    path(f"{_ONE}key/", key_steps.KeyStepView.as_view(), name="onboarding_key"),
    path(f"{_ONE}policy/", key_steps.PolicyStepView.as_view(), name="onboarding_policy"),
    path(f"{_ONE}policy/<slug:rendering>/", key_steps.GrantFileView.as_view(), name="onboarding_file"),
    path(f"{_ONE}verify/", verify_steps.VerifyStepView.as_view(), name="onboarding_verify"),
    path(f"{_ONE}checks/", verify_steps.ChecksView.as_view(), name="onboarding_checks"),
    path(f"{_ONE}waiver/", signing_steps.WaiverStepView.as_view(), name="onboarding_waiver"),
    path(f"{_ONE}activate/", signing_steps.ActivateStepView.as_view(), name="onboarding_activate"),
]
