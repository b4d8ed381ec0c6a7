"""The one place where the portal's wings meet."""

from django.contrib import admin
from django.urls import include, path

from ascend_portal import health
from ascend_portal.dashboard import OverviewView

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("", OverviewView.as_view(), name="overview"),
    path("", include("accounts.urls")),
    path("", include("audit.urls")),
    path("", include("byok.urls")),
    path("", include("byok.api.urls")),
    path("records/", include("records.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "ascend_portal.error_pages.bad_request"
handler403 = "ascend_portal.error_pages.forbidden"
handler404 = "ascend_portal.error_pages.not_found"
handler500 = "ascend_portal.error_pages.server_error"
