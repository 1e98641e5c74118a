"""Configures, starts and stops one Synapse.

It runs in a temporary folder, listens only on a socket in that folder, and connects to no other server. It stops
when the driver ends, in whatever way. `client` sends the requests of users.
"""

import base64
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time

from . import client
from .federation import FederationList

SERVER_NAME = "k.test"
ROOM_VERSION = "10"
READY_SECONDS = 60
STOP_SECONDS = 10
LIMITS = [
    "rc_message", "rc_registration", "rc_admin_redaction", "rc_joins_per_room", "rc_3pid_validation",
    "rc_room_creation",
]
UNLIMITED = {"per_second": 100000, "burst_count": 100000}


class NotStarted(Exception):
    """Synapse ended or was not ready in time. The text has the end of its log."""


class Server:
    """A running Synapse. With `invite_checker`, it has the TI-Messenger permission module."""

    def __init__(self, invite_checker):
        self.folder = tempfile.mkdtemp(prefix="chatwarden-matrix-")
        self.socket = os.path.join(self.folder, "client.sock")
        self.secret = secrets.token_hex(16)
        self._process = None
        self._federation = None
        try:
            if invite_checker:
                self._federation = FederationList(SERVER_NAME)
            self._start()
        except BaseException:
            self.stop()
            raise

    def running(self):
        """Whether it is there and answers: a process that was just killed may still look alive."""
        return self._process is not None and self._process.poll() is None and self._answers()

    def stop(self):
        """Stops this Synapse and removes its folder. Closing its standard input is what asks it to end."""
        if self._process:
            self._process.stdin.close()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._federation:
            self._federation.close()
            self._federation = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self):
        config = self._write_config()
        with open(self._path("log"), "wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "matrix.launcher", self.folder, "-c", config],
                stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=self.folder, env=environment(),
            )
        self._wait_until_ready()

    def _wait_until_ready(self):
        until = time.monotonic() + READY_SECONDS
        while not self._answers():
            if self._process.poll() is not None:
                raise NotStarted(f"synapse ended with {self._process.returncode}: {self._last_words()}")
            if time.monotonic() > until:
                raise NotStarted(f"synapse was not ready in {READY_SECONDS} seconds: {self._last_words()}")
            time.sleep(0.05)

    def _answers(self):
        try:
            return client.Client(self.socket, seconds=5).get(None, "/_matrix/client/versions").ok
        except client.Indefinite:
            return False

    def _last_words(self):
        with open(self._path("log"), "rb") as log:
            return log.read()[-2000:].decode(errors="replace").strip()

    def _path(self, name):
        return os.path.join(self.folder, name)

    def _write(self, name, text):
        with open(self._path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self._path(name)

    def _write_config(self):
        key = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        config = {
            "server_name": SERVER_NAME,
            "report_stats": False,
            "pid_file": self._path("pid"),
            "media_store_path": self._path("media"),
            "signing_key_path": self._write("signing.key", f"ed25519 a_1 {key}\n"),
            "log_config": self._write("log.config", json.dumps(LOG_CONFIG)),
            "registration_shared_secret": self.secret,
            "macaroon_secret_key": secrets.token_hex(16),
            "form_secret": secrets.token_hex(16),
            "listeners": [{"path": self.socket, "type": "http", "resources": [{"names": ["client"]}]}],
            "database": {"name": "sqlite3", "args": {"database": self._path("synapse.db")}},
            "default_room_version": ROOM_VERSION,
            "modules": self._modules(),
            **ALONE,
            **QUICK,
        }
        return self._write("config.json", json.dumps(config))

    def _modules(self):
        if not self._federation:
            return []
        config = {
            "tim-type": "pro",
            "tim_version": "1.1",
            "room_scan_run_interval": "0",
            "federation_list_url": f"{self._federation.base_url}/list.jws",
            "gematik_ca_baseurl": self._federation.base_url,
            "default_permissions": {"defaultSetting": "block all"},
        }
        return [{"module": "synapse_invite_checker.InviteChecker", "config": config}]


ALONE = {
    "federation_domain_whitelist": [],
    "trusted_key_servers": [],
    "send_federation": False,
}

QUICK = {
    "bcrypt_rounds": 4,
    "presence": {"enabled": False},
    "push": {"enabled": False},
    "user_directory": {"enabled": False},
    "rc_login": {"address": UNLIMITED, "account": UNLIMITED, "failed_attempts": UNLIMITED},
    "rc_joins": {"local": UNLIMITED, "remote": UNLIMITED},
    "rc_invites": {"per_room": UNLIMITED, "per_user": UNLIMITED, "per_issuer": UNLIMITED},
    **{limit: UNLIMITED for limit in LIMITS},
}

LOG_CONFIG = {
    "version": 1,
    "formatters": {"plain": {"format": "%(levelname)s %(name)s %(message)s"}},
    "handlers": {"standard": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"level": "WARNING", "handlers": ["standard"]},
    "disable_existing_loggers": False,
}


def environment():
    """The driver's environment without proxies: the one server that Synapse fetches from is on loopback."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {**kept, "PYTHONUNBUFFERED": "1"}
