"""The deployment that `revocation.py` measures: servers, a KMS, two organizations, and processes that load them."""

import base64
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from ascend_portal.embedded.process import leash  # noqa: E402  (a script)

NUMBERS = ("1", "2")
OPERATIONS_PER_SECOND = 45
LEASE_SECONDS = 30
NO_REDIS = "redis://127.0.0.1:1/0"


class Deployment:
    """The deployment under test: database, Redis, KMS, two organizations, and the files that the processes write."""

    def __init__(self, folder: Path) -> None:
        from ascend.testing.kms import StrictKms
        from ascend_portal.embedded.postgres import PostgresServer
        from ascend_portal.embedded.valkey import ValkeyServer

        self.folder, self.plan = folder, folder / "plan"
        self.kms = StrictKms().start()
        self.postgres, self.valkey = PostgresServer().start(), ValkeyServer().start()
        self.environment = self._environment()
        os.environ |= self.environment

    def stop(self) -> None:
        self.kms.stop()
        self.valkey.stop()
        self.postgres.stop()

    def _environment(self) -> dict[str, str]:
        role = self.kms.add_role("ascend-byok-service")
        credentials = self.kms.credentials_of(role, seconds=10_000_000)
        self.role = role
        return self.postgres.environment | {
            "DJANGO_SETTINGS_MODULE": "ascend_portal.settings",
            "SECRET_KEY": secrets.token_urlsafe(64),
            "ASCEND_REGISTRY_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
            "ASCEND_DEPLOYMENT": "benchmark",
            "ASCEND_PROVIDER": "aws-kms:none",
            "ASCEND_AWS_ENDPOINT_URL": self.kms.url,
            "ASCEND_OUTBOUND_ALLOW": "127.0.0.0/8",
            "ASCEND_LEASE_SECONDS": str(LEASE_SECONDS),
            "AWS_ACCESS_KEY_ID": credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
            "AWS_SESSION_TOKEN": credentials.token,
            "AWS_EC2_METADATA_DISABLED": "true",
            "DATA_DIR": str(self.folder / "data"),
            "STATIC_ROOT": str(self.folder / "static"),
            "HTTPS_ONLY": "false",
            "ALLOWED_HOSTS": "testserver",
            "LOG_LEVEL": "CRITICAL",
            "SEARCHES_PER_HOUR": "1000000",
            "REDIS_URL": self.valkey.url,
        }

    def furnish(self) -> None:
        """Make the organizations, their keys and their rows, and sign their officers in."""
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        self.organizations = [self._organization(name) for name in ("Northwind", "Kestrel")]
        about = {
            "organizations": [{k: v for k, v in one.items() if k != "key"} for one in self.organizations],
            "operations_per_second": OPERATIONS_PER_SECOND,
        }
        self.plan.write_text(json.dumps(about), encoding="utf-8")

    def _organization(self, name: str) -> dict[str, Any]:
        from django.conf import settings
        from django.test import Client
        from django.utils import timezone

        from accounts.roles import Role
        from ascend.keychain import provisioning
        from ascend.scope import organization_scope
        from ascend.testing.kms import byok_policy
        from records.models import PersonRecord
        from tests.factories import accounts

        made = accounts.organization(name)
        key = self.kms.create_key(policy=byok_policy(self.role, {"ascend:organization": str(made.pk)}))
        provisioning.provision(made.pk, provider_uri=f"aws-kms:{key.arn}")
        client = accounts.sign_in(Client(), accounts.member(made, f"Officer of {name}", Role.OFFICER, Role.STEWARD))
        with organization_scope(made.pk):
            rows = [
                PersonRecord.objects.create(
                    organization=made, reference=f"C-{number}", created_at=timezone.now(), ssn=f"900-10-000{number}",
                    name="Ada Lovelace", notes="first",
                )
                for number in range(3)
            ]  # fmt: skip
        return {
            "id": str(made.pk),
            "key": key,
            "session": client.cookies[settings.SESSION_COOKIE_NAME].value,
            "record": str(rows[0].pk),
            "shown": "0000",
            "written": dict(zip(NUMBERS, [str(row.pk) for row in rows[1:]], strict=True)),
            "last4": "0001",
        }

    @contextmanager
    def running(self, *, redis: bool, prober: bool) -> Iterator[list[Path]]:
        """Run the four processes, and the prober if it is wanted."""
        names = [f"{kind}{number}" for kind in ("web", "worker") for number in NUMBERS]
        results = [self.folder / f"{name}.{time.monotonic_ns()}" for name in names]
        environment = os.environ | self.environment | ({} if redis else {"REDIS_URL": NO_REDIS})
        load = str(ROOT / "benchmarks" / "revocation_load.py")
        processes = [
            subprocess.Popen([sys.executable, load, path.name[:-len(path.suffix)][:-1], str(self.plan), str(path)],
                             env=environment | {"NUMBER": path.stem[-1]}, cwd=ROOT, preexec_fn=leash())  # noqa: PLW1509
            for path in results
        ]  # fmt: skip
        if prober:
            processes.append(self.start_prober(environment))
        try:
            yield results
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(20)

    def start_prober(self, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
        command = [sys.executable, str(ROOT / "manage.py"), "prober"]
        return subprocess.Popen(
            command,
            env=environment,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            preexec_fn=leash(),  # noqa: PLW1509
        )
