from django.apps import AppConfig


class AscendPortalConfig(AppConfig):
    name = "ascend_portal"
    default_auto_field = "django.db.models.BigAutoField"
