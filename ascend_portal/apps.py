"""What happens when the portal starts."""

from django.apps import AppConfig


class AscendPortalConfig(AppConfig):
    """Registers the deployment checks and the job application."""

    name = "ascend_portal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import what registers itself: `shared_task` of the wings binds to the Celery application."""
        from accounts.approvals import registry
        from ascend_portal import celery, checks, unprotecting  # noqa: F401

        registry.register(unprotecting.OPERATION, unprotecting.Unprotection())
