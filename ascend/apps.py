from django.apps import AppConfig


class AscendConfig(AppConfig):
    name = "ascend"
    default_auto_field = "django.db.models.BigAutoField"
