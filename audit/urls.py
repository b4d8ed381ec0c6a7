"""Addresses of the log."""

from django.urls import path

from audit import views

app_name = "audit"
urlpatterns = [
    path("audit/", views.LogView.as_view(), name="list"),
    path("audit/<uuid:event_id>/", views.EventView.as_view(), name="event"),
]
