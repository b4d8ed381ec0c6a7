"""What another process of the shop under test runs with."""

import os
import sys
from pathlib import Path

from tests.integration.keychain.other_process_settings import *  # noqa: F403
from tests.integration.keychain.other_process_settings import DATABASES, INSTALLED_APPS

sys.path.append(str(Path(__file__).parent / "project"))
INSTALLED_APPS = [*INSTALLED_APPS, "shop"]
DATABASES = {**DATABASES, "person_keys": {**DATABASES["default"], "NAME": os.environ["KEY_DATABASE"]}}
DATABASE_ROUTERS = ["ascend.keychain.router.KeyDatabaseRouter"]
ASCEND_KEY_DATABASE = "person_keys"
ASCEND_LEASE_SECONDS = int(os.environ["ASCEND_LEASE_SECONDS"])
