"""The library alone, as a project with SQLite installs it: `INSTALLED_APPS = ["ascend"]` and its settings."""

import base64
import os
import tempfile

SECRET_KEY = "tests"
USE_TZ = True
INSTALLED_APPS = ["ascend"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("LIBRARY_SQLITE", ":memory:"),
        "OPTIONS": {"timeout": 10, "transaction_mode": "IMMEDIATE"},
    }
}
ASCEND_DEPLOYMENT = "library-tests"
ASCEND_REGISTRY_KEY = os.environ.get("ASCEND_REGISTRY_KEY") or base64.b64encode(os.urandom(32)).decode()
ASCEND_LOCAL_KEYS_DIR = os.environ.get("ASCEND_LOCAL_KEYS_DIR") or tempfile.mkdtemp(prefix="ascend-library-")
