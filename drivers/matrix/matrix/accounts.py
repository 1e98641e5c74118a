"""The accounts of users on the server, each registered once, with their account data.

All runs with the same user name share an account. Data that was written is remembered, so that it is not written
again. Reads go to the server. `family` and `driver` know the meaning of the data.
"""

from .client import needed
from .server import SERVER_NAME

API = "/_matrix/client/v3"
# No user has this localpart: in `localpart` each `=` is followed by two hexadecimal digits.
OBSERVER = "=observer"
PLAIN = set("abcdefghijklmnopqrstuvwxyz0123456789._-")


class Accounts:
    """The accounts on the server, and an administrator who only reads and is in no cast."""

    def __init__(self, client, secret):
        self._client = client
        self._secret = secret
        self._tokens = {}
        self._written = {}
        self.observer = client.register(OBSERVER, secret, admin=True)

    def register(self, names):
        """Registers the users that have no account yet. None is an administrator, because the server does not
        check administrators."""
        for name in names:
            if name not in self._tokens:
                self._tokens[name] = self._client.register(localpart(name), self._secret)

    def token(self, name):
        """The access token of the user."""
        return self._tokens[name]

    def write(self, name, kind, content):
        """Writes account data of the user, and returns the answer of the server."""
        answer = self._client.put(self._tokens[name], data_path(name, kind), content)
        if answer.ok:
            self._written[name, kind] = content
        return answer

    def keep(self, name, kind, content):
        """Writes account data that the server cannot refuse, unless it has them already."""
        if self._written.get((name, kind)) != content:
            needed(self.write(name, kind, content))

    def read(self, name, kind):
        """Reads account data of the user from the server."""
        return needed(self._client.get(self._tokens[name], data_path(name, kind)))


def data_path(name, kind):
    return f"{API}/user/{user_id(name)}/account_data/{kind}"


def user_id(name):
    return f"@{localpart(name)}:{SERVER_NAME}"


def localpart(name):
    """The name in a form that Matrix allows: lower case, no leading `_`, not only digits. Different names stay
    different."""
    escape_first = name.startswith("_") or name.isdigit()
    kept = [character in PLAIN and not (escape_first and place == 0) for place, character in enumerate(name)]
    return "".join(c if keep else f"={ord(c):02x}" for c, keep in zip(name, kept))
