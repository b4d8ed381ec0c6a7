"""What another process of the deployment under test runs with: the library alone, on the test's database."""

import os

from tests.library_settings import *  # noqa: F403

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ["PGDATABASE"],
        "HOST": os.environ["PGHOST"],
        "PORT": os.environ["PGPORT"],
        "USER": os.environ["PGUSER"],
        "PASSWORD": os.environ["PGPASSWORD"],
    }
}
ASCEND_DEPLOYMENT = os.environ["ASCEND_DEPLOYMENT"]
ASCEND_ENVIRONMENT = os.environ["ASCEND_ENVIRONMENT"]
