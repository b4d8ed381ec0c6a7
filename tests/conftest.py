"""What every test starts from."""

from django.conf import settings
from django.contrib.auth.hashers import BCryptSHA256PasswordHasher


def pytest_configure() -> None:
    """Serve static files unhashed (nothing was collected), and hash passwords with few rounds."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    BCryptSHA256PasswordHasher.rounds = 4
