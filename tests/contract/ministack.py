"""A second, independent KMS to hold the provider against: ministack, in an environment of its own.

It pins its own botocore, so it cannot share ours. The environment is made once and kept in the user's cache
(ASCEND_MINISTACK_VENV names another place); without a package index the tests that need it fail and say so.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import boto3
import pytest

VERSION = "1.5.33"
PORTAL, CUSTOMER, REGION = "111111111111", "222222222222", "eu-central-1"
READY_SECONDS = 60


def installed():
    """Return the program, installed if it is not there yet."""
    folder = Path(os.environ.get("ASCEND_MINISTACK_VENV") or Path.home() / ".cache" / "ascend" / f"ministack-{VERSION}")
    program = folder / "bin" / "ministack"
    if program.exists():
        return program
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [str(folder / "bin" / "pip"), "install", "--quiet", f"ministack=={VERSION}"],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.fail(f"ministack {VERSION} cannot be installed into {folder}: {done.stderr[-500:]}", pytrace=False)
    return program


class Ministack:
    """The server as a process on 127.0.0.1; root of an account signs with its number and `test`."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"
        self.folder = tempfile.TemporaryDirectory(prefix="ministack-")
        here = self.folder.name
        self.process = subprocess.Popen(
            [str(installed())],
            env={
                "PATH": os.environ["PATH"], "HOME": here, "TMPDIR": here, "STATE_DIR": here, "S3_DATA_DIR": here,
                "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0",
                "AUTH": "true", "SERVICES": "kms,sts,iam", "LOG_LEVEL": "ERROR", "DOCKER_HOST": "unix:///nonexistent",
            },
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=here,
        )  # fmt: skip
        self._wait()

    def _wait(self):
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=1):
                    return
            except (OSError, urllib.error.URLError):
                time.sleep(0.1)
        pytest.fail("ministack was installed but does not start", pytrace=False)

    def client(self, service, account):
        return boto3.client(
            service, region_name=REGION, endpoint_url=self.url, aws_access_key_id=account, aws_secret_access_key="test"
        )

    def add_role(self, account, name, *, trusts, external_id=""):
        """Make a role that an account or a role may assume, and that may use KMS."""
        statement = {"Effect": "Allow", "Principal": {"AWS": trusts}, "Action": "sts:AssumeRole"}
        if external_id:
            statement["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
        iam = self.client("iam", account)
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        allowed = {"Effect": "Allow", "Action": ["kms:*", "sts:AssumeRole"], "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.put_role_policy(RoleName=name, PolicyName="use", PolicyDocument=document)
        return arn

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()
