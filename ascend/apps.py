"""The library as one Django app."""

from django.apps import AppConfig
from django.db.models.signals import pre_migrate
from django.utils.translation import gettext_lazy as _


class AscendConfig(AppConfig):
    """Registers the providers that the settings name, and the system checks."""

    name = "ascend"
    verbose_name = _("Keychain")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Fill the registries; touch no key, no database and no network."""
        from ascend import checks, dropping  # noqa: F401, PLC0415  (registering needs the app registry to be ready)
        from ascend.fields import subject_tables  # noqa: PLC0415
        from ascend.keychain import setup, shredding  # noqa: PLC0415

        setup.register_providers()
        pre_migrate.connect(dropping.refuse_while_values_are_left, sender=self, dispatch_uid="ascend.dropping")
        setup.watch_settings()
        shredding.tables = subject_tables
