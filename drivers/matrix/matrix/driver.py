"""The methods of the driver protocol over one Synapse and one family service.

`hello` starts the server, and all runs use it. `reset` clears the account data of the last run; its rooms are not
used again. The driver reports the answers of the server and applies no rule of its own.
"""

import importlib.metadata

from . import protocol
from .accounts import Accounts, user_id
from .client import Client, Indefinite, Unexpected
from .command import SUPPORTED, demand, read_command
from .delivery import Deliveries
from .family import Family
from .rooms import Refused, Rooms
from .server import NotStarted, Server

PERMISSIONS = "de.gematik.tim.account.permissionconfig.pro.v1"
IGNORED = "m.ignored_user_list"
FAMILY = "chatwarden.family"
OBSERVES = ["members", "invited", "phase", "owner", "banned", "link", "contacts", "blocks"]


class Driver:
    """The methods of the protocol; `stop` ends the server."""

    def __init__(self, invite_checker):
        self._invite_checker = invite_checker
        self._server = None
        self._histories = 0
        self._family = None

    def methods(self):
        return {
            "hello": self.hello,
            "reset": self.reset,
            "apply": self.apply,
            "observe": self.observe,
            "bye": lambda params: {},
        }

    def stop(self):
        if self._server:
            self._server.stop()
            self._server = None

    def hello(self, params):
        asked = params.get("protocol")
        demand(type(asked) is int and asked >= 1, f"a version of the protocol is a number from 1 on, not {asked}")
        self._boot()
        package = "synapse-invite-checker" if self._invite_checker else "matrix-synapse"
        return {
            "protocol": min(asked, 2),
            "name": "synapse-invite-checker" if self._invite_checker else "synapse",
            "version": importlib.metadata.version(package),
            "commands": SUPPORTED,
            "fidelity": "promises-only",
            "policy": "invite-time-only" if self._invite_checker else "no-contact-rule",
            "observes": OBSERVES,
        }

    def reset(self, params):
        """New rooms, and accounts that block nobody and permit only the pairs that need no approval."""
        demand(set(params) == {"cast", "groups", "policy"}, "`reset` takes `cast`, `groups` and `policy`")
        self._boot()
        cast = params["cast"]
        self._users, self._groups = [user["name"] for user in cast], params["groups"]
        self._family = Family(cast, params["policy"])
        chatters = self._family.chatters()
        with definite():
            self._accounts.register(chatters)
            for user in chatters:
                self._accounts.keep(user, IGNORED, ignoring([]))
            self._write_records()
        self._histories += 1
        history = f"h{self._histories}"
        self._rooms = Rooms(self._client, self._accounts, self._deliveries, history, self._users, chatters)
        return {}

    def apply(self, params):
        demand(self._family, "`reset` comes before `apply`")
        name, fields = read_command(params.get("command"), self._users, self._groups)
        try:
            with definite():
                delivered = self._carry_out(name, fields)
        except Refused as refusal:
            return {"decision": "deny", "because": str(refusal)}
        return {"decision": "allow"} if delivered is None else {"decision": "allow", "delivered": delivered}

    def observe(self, params):
        demand(self._family, "`reset` comes before `observe`")
        with definite():
            return {
                "groups": [self._rooms.view(group).told(group) for group in self._rooms.groups()],
                "contacts": self._contacts(),
                "blocks": self._blocks(),
            }

    def _boot(self):
        """Starts a server if none is running."""
        if self._server and self._server.running():
            return
        self.stop()
        try:
            server = Server(self._invite_checker)
        except NotStarted as error:
            raise protocol.Error(protocol.FAILED, str(error)) from error
        self._server = server
        self._client = Client(server.socket)
        with definite():
            self._accounts = Accounts(self._client, server.secret)
            self._deliveries = Deliveries(self._client, self._accounts)

    def _carry_out(self, name, fields):
        method = name.replace("-", "_")
        if hasattr(Rooms, method):
            return getattr(self._rooms, method)(*fields)
        if name in ("block", "unblock"):
            self._block(name == "block", *fields)
        else:
            refusal = getattr(self._family, method)(*fields)
            if refusal:
                raise Refused(f"the family service refuses: {refusal}")
        self._write_records()
        return None

    def _block(self, blocked, by, who):
        """Changes the ignore list in Matrix, if the server allows it."""
        if by not in self._family.chatters():
            raise Refused(f"the client does not ask: {by} has no account")
        names = self._family.blocks(by) | {who} if blocked else self._family.blocks(by) - {who}
        answer = self._accounts.write(by, IGNORED, ignoring(names))
        if not answer.ok:
            raise Refused(answer.words())
        note = self._family.note_block if blocked else self._family.note_unblock
        note(by, who)

    def _write_records(self):
        """Writes the state of the family service into the accounts. Only changes are sent."""
        for child in self._family.children():
            self._accounts.keep(child, FAMILY, self._family.record(child))
        if self._invite_checker:
            for user in self._family.chatters():
                self._accounts.keep(user, PERMISSIONS, permitting(self._family.permitted(user)))

    def _contacts(self):
        read = {child: self._accounts.read(child, FAMILY) for child in self._family.children()}
        contacts = {child: self._family.contacts_of(record) for child, record in read.items()}
        return [[child, contact] for child in contacts for contact in contacts[child]]

    def _blocks(self):
        names = {user_id(user): user for user in self._users}
        read = {user: self._accounts.read(user, IGNORED) for user in self._family.chatters()}
        return [[user, names[who]] for user, ignored in read.items() for who in ignored["ignored_users"]]


class definite:
    """Turns exceptions of the client into errors of the protocol."""

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is Indefinite:
            raise protocol.Error(protocol.INDEFINITE, str(error)) from error
        if kind is Unexpected:
            raise protocol.Error(protocol.FAILED, str(error)) from error


def ignoring(names):
    return {"ignored_users": {user_id(name): {} for name in sorted(names)}}


def permitting(names):
    return {"defaultSetting": "block all", "userExceptions": {user_id(name): {} for name in names}}
