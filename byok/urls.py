"""Addresses of the keys pages."""

from django.urls import path

from byok.views import keys

app_name = "byok"
urlpatterns = [
    path("keys/", keys.KeysView.as_view(), name="keys"),
    path("keys/leases/", keys.LeasesView.as_view(), name="leases"),
    path("keys/lease/", keys.LeaseChangeView.as_view(), name="lease"),
]
