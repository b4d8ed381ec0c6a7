"""What happens when the portal starts."""

from django.apps import AppConfig


class AscendPortalConfig(AppConfig):
    """Registers the deployment checks and the job application."""

    name = "ascend_portal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import what registers itself: `shared_task` of the wings binds to the Celery application."""
        from ascend_portal import celery, checks  # noqa: F401
