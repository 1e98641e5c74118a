"""HTTP to one Synapse over its socket: requests, answers, and the distinction of definite answers.

It sends requests and registers users. `rooms` and `driver` know rooms and commands.
"""

import hashlib
import hmac
import http.client
import json
import socket
import time
from dataclasses import dataclass

# A connection that was idle for longer is opened again, because the server may have closed it.
IDLE_SECONDS = 5
REGISTER = "/_synapse/admin/v1/register"


class Indefinite(Exception):
    """No definite answer: the server may or may not have executed the request."""


class Unexpected(Exception):
    """An answer that no command should get: a mistake of the driver and not of the server."""


@dataclass
class Answer:
    """The answer of the server: the HTTP status and the decoded body."""

    status: int
    body: object

    @property
    def ok(self):
        return self.status == 200

    def words(self):
        """The reason for a refusal in the words of the server."""
        return f"{self.status} {self.body.get('errcode')}: {self.body.get('error')}"


class Client:
    """One connection, kept open. Each request is made as the user of its token."""

    def __init__(self, path, seconds=30):
        self._path = path
        self._seconds = seconds
        self._connection = None
        self._used = 0.0

    def ask(self, token, method, path, body=None):
        """Sends a request and waits for the answer.

        Raises `Indefinite` for a time-out, a broken connection or a status of 500 and above, and `Unexpected`
        for an answer that violates the Matrix API.
        """
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        content = None if body is None else json.dumps(body)
        try:
            connection = self._open()
            connection.request(method, path, content, headers)
            response = connection.getresponse()
            status, text = response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Indefinite(f"{method} {path}: {error or type(error).__name__}") from error
        self._used = time.monotonic()
        return judged(method, path, status, text)

    def get(self, token, path):
        return self.ask(token, "GET", path)

    def put(self, token, path, body):
        return self.ask(token, "PUT", path, body)

    def post(self, token, path, body):
        return self.ask(token, "POST", path, body)

    def close(self):
        if self._connection:
            self._connection.close()
        self._connection = None

    def register(self, localpart, secret, admin=False):
        """Registers a user with the shared secret of the server. Returns the access token of the user."""
        nonce = needed(self.get(None, REGISTER))["nonce"]
        password, kind = "chatwarden", "admin" if admin else "notadmin"
        code = hmac.new(secret.encode(), "\0".join([nonce, localpart, password, kind]).encode(), hashlib.sha1)
        user = {"nonce": nonce, "username": localpart, "password": password, "admin": admin}
        user["mac"] = code.hexdigest()
        return needed(self.post(None, REGISTER, user))["access_token"]

    def _open(self):
        if self._connection and time.monotonic() - self._used > IDLE_SECONDS:
            self.close()
        if not self._connection:
            self._connection = SocketConnection(self._path, self._seconds)
        return self._connection


class SocketConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path, seconds):
        super().__init__("localhost", timeout=seconds)
        self._socket_path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._socket_path)


def judged(method, path, status, text):
    if status >= 500:
        raise Indefinite(f"{method} {path}: {status} {text[:300].decode(errors='replace')}")
    try:
        body = json.loads(text)
    except ValueError as error:
        raise Unexpected(f"{method} {path}: {status} without JSON") from error
    answer = Answer(status, body)
    if not answer.ok and (not isinstance(body, dict) or body.get("errcode") in NOT_A_REFUSAL):
        raise Unexpected(f"{method} {path}: {status} {text[:300].decode(errors='replace')}")
    return answer


# Errors that mean a wrong request of the driver and not a refusal.
NOT_A_REFUSAL = {
    None, "M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_UNRECOGNIZED", "M_LIMIT_EXCEEDED", "M_NOT_JSON",
    "M_MISSING_PARAM",
}


def needed(answer):
    """The body of an answer that the driver needs to continue."""
    if not answer.ok:
        raise Unexpected(answer.words())
    return answer.body
