"""What the library's own tests run with where the portal is not installed: Django, `cryptography` and one server."""

import os

from tests.library_settings import *  # noqa: F403

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "ascend",
]  # the admin's templates
ENGINES = {"postgresql": "django.db.backends.postgresql", "mariadb": "django.db.backends.mysql"}
DATABASES = {
    "default": {
        "ENGINE": ENGINES[os.environ["PLATFORM_SERVER"]],
        "NAME": "postgres"
        if os.environ["PLATFORM_SERVER"] == "postgresql"
        else "",  # where its test database is made from
        "HOST": os.environ["PLATFORM_HOST"],
        "PORT": os.environ["PLATFORM_PORT"],
        "USER": os.environ["PLATFORM_USER"],
        "PASSWORD": os.environ["PLATFORM_PASSWORD"],
        "TEST": {"NAME": os.environ["PLATFORM_NAME"] + "_test"},
    }
}
TIME_ZONE = "UTC"
ASCEND_ENVIRONMENT = "tests"
LOGGING = {"version": 1, "disable_existing_loggers": False, "loggers": {"ascend": {"level": "INFO"}}}
