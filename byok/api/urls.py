"""Addresses of the API. The document fixes them: no slash at the end."""

from django.urls import path

from byok.api import health, keys, log, waiver

app_name = "byok_api"
_V1 = "api/v1/byok"

urlpatterns = [
    path(f"{_V1}/keys", keys.KeysView.as_view(), name="keys"),
    path(f"{_V1}/keys/verify", keys.VerifyView.as_view(), name="verify"),
    path(f"{_V1}/keys/proof", keys.ProofView.as_view(), name="proof"),
    path(f"{_V1}/keys/activate", keys.ActivateView.as_view(), name="activate"),
    path(f"{_V1}/keys/rotate", keys.RotateView.as_view(), name="rotate"),
    path(f"{_V1}/legal-waiver", waiver.WaiverView.as_view(), name="waiver"),
    path(f"{_V1}/legal-waiver/acknowledge", waiver.AcknowledgeView.as_view(), name="acknowledge"),
    path(f"{_V1}/legal-waiver/status", waiver.StatusView.as_view(), name="waiver_status"),
    path(f"{_V1}/health", health.HealthView.as_view(), name="health"),
    path(f"{_V1}/audit", log.LogView.as_view(), name="audit"),
    path("api/byok/configure", keys.ConfigureView.as_view(), name="configure"),
]
