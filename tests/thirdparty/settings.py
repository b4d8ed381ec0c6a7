"""A project that has nothing of ours but the library: Django, `cryptography`, SQLite, one organization."""

import json
import os
from pathlib import Path

BASE_DIR = Path(__file__).parent
DATA_DIR = Path(os.environ.get("THIRDPARTY_DATA_DIR", BASE_DIR / ".data"))

SECRET_KEY = "a third party's own"
USE_TZ = True
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "ascend", "people"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA_DIR / "db.sqlite3"}}
if server := os.environ.get("THIRDPARTY_SERVER"):  # {"ENGINE": ..., "HOST": ...}
    DATABASES = {"default": json.loads(server)}
    SILENCED_SYSTEM_CHECKS = ["models.W036", "models.W037"]  # MariaDB; a migration of the library makes up for them
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

ASCEND_DEPLOYMENT = "thirdparty-laptop"
ASCEND_REGISTRY_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
ASCEND_DEFAULT_ORGANIZATION = "6f0c1d52-7a0e-4f5e-9d5b-1f7f4d1f7a10"
ASCEND_LOCAL_KEYS_DIR = DATA_DIR / "keys"
