"""A shop with plaintext customers in SQLite, on the day it takes the library up."""

from pathlib import Path

BASE_DIR = Path(__file__).parent

SECRET_KEY = "a shop's own"
USE_TZ = True
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "ascend", "clients"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": BASE_DIR / "db.sqlite3",
        "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

ASCEND_DEPLOYMENT = "shop-laptop"
ASCEND_REGISTRY_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
ASCEND_DEFAULT_ORGANIZATION = "6f0c1d52-7a0e-4f5e-9d5b-1f7f4d1f7a10"
ASCEND_LOCAL_KEYS_DIR = BASE_DIR / "keys"
