"""Addresses of the keys pages."""

from django.urls import path

from byok import views

app_name = "byok"
urlpatterns = [
    path("keys/", views.KeysView.as_view(), name="keys"),
    path("keys/leases/", views.LeasesView.as_view(), name="leases"),
    path("keys/lease/", views.LeaseChangeView.as_view(), name="lease"),
]
