"""These tests are for MariaDB; `test_mariadb.py` runs them."""

from django.conf import settings

if not settings.DATABASES["default"]["ENGINE"].endswith("mysql"):
    collect_ignore_glob = ["test_*"]
