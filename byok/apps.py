from django.apps import AppConfig


class ByokConfig(AppConfig):
    name = "byok"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Name what this wing asks other people's approval for."""
        from accounts.approvals import registry
        from byok.services import activating, lease_change

        registry.register(lease_change.OPERATION, lease_change.LeaseChange())
        registry.register(activating.OPERATION, activating.KeyActivation())
