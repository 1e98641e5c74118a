"""The users' accounts on the server: registered once for each name, with their account data.

An account is reused by every history in which its name occurs. What was written is remembered, so that it
need not be written again; what is read is read from the server. What the data mean is not known here: that
is `family` and `driver`.
"""

from .client import needed
from .server import SERVER_NAME

API = "/_matrix/client/v3"
# No user can have this localpart, because `localpart` follows each `=` by two hexadecimal digits.
OBSERVER = "=observer"
PLAIN = set("abcdefghijklmnopqrstuvwxyz0123456789._-")


class Accounts:
    """All accounts that this server has, and an administrator who only looks and belongs to no cast."""

    def __init__(self, client, secret):
        self._client = client
        self._secret = secret
        self._tokens = {}
        self._written = {}
        self.observer = client.register(OBSERVER, secret, admin=True)

    def register(self, names):
        """Makes accounts for those who have none yet. None is an administrator's: the server does not check
        what those do."""
        for name in names:
            if name not in self._tokens:
                self._tokens[name] = self._client.register(localpart(name), self._secret)

    def token(self, name):
        """The token with which requests are made as this user."""
        return self._tokens[name]

    def write(self, name, kind, content):
        """Writes account data of the user's, and returns the server's answer."""
        answer = self._client.put(self._tokens[name], data_path(name, kind), content)
        if answer.ok:
            self._written[name, kind] = content
        return answer

    def keep(self, name, kind, content):
        """Writes account data that the server cannot refuse, unless they are there already."""
        if self._written.get((name, kind)) != content:
            needed(self.write(name, kind, content))

    def read(self, name, kind):
        """Reads account data of the user's from the server."""
        return needed(self._client.get(self._tokens[name], data_path(name, kind)))


def data_path(name, kind):
    return f"{API}/user/{user_id(name)}/account_data/{kind}"


def user_id(name):
    return f"@{localpart(name)}:{SERVER_NAME}"


def localpart(name):
    """The name as Matrix allows it: lower case, no `_` in front, not digits alone. Different names stay
    different."""
    escape_first = name.startswith("_") or name.isdigit()
    kept = [character in PLAIN and not (escape_first and place == 0) for place, character in enumerate(name)]
    return "".join(c if keep else f"={ord(c):02x}" for c, keep in zip(name, kept))
