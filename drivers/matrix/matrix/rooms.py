"""The groups of one run as Matrix rooms: commands and observations.

Each command is one request with the token of its actor, and the answer of the server decides. There is an exception
if one request of Matrix means several commands: a kick removes a member and withdraws an invitation. Then the driver
looks at the room first and refuses, like a client without a button for it. No rule of a policy is applied here.
"""

import itertools
import urllib.parse

from .accounts import API, user_id
from .client import needed
from .server import SERVER_NAME
from .view import OWNER_LEVEL, View, view_of

PRESET = "private_chat"
MESSAGE = "m.room.message"
CALL = "m.call.invite"
CONTENT = {
    MESSAGE: {"msgtype": "m.text", "body": "hello"},
    CALL: {
        "call_id": "1", "party_id": "1", "version": "1", "lifetime": 60000, "offer": {"type": "offer", "sdp": ""},
    },
}


class Refused(Exception):
    """A refusal by the server, or by a client that would not send the request. The text has the reason."""


class Rooms:
    """The rooms of one run. `history` is the unique name of the run on this server, `cast` the names of all users,
    `chatters` the users with an account."""

    def __init__(self, client, accounts, deliveries, history, cast, chatters):
        self._client = client
        self._accounts = accounts
        self._deliveries = deliveries
        self._history = history
        self._names = {user_id(name): name for name in cast}
        self._chatters = chatters
        self._rooms = {}
        self._views = {}
        self._changed = set()
        self._transactions = itertools.count()

    def create(self, by, group, others):
        """The alias makes the server itself see to it that a group is made once. A room may be there although
        the server refused, so it is looked for by its alias."""
        alias, invited = f"{self._history}-{group}", [user_id(other) for other in others]
        body = {"preset": PRESET, "room_alias_name": alias, "invite": invited}
        answer = self._client.post(self._token(by), f"{API}/createRoom", body)
        if group not in self._rooms:
            self._find(group, alias)
        if not answer.ok:
            raise Refused(answer.words())

    def invite(self, by, group, who):
        self._post(by, group, "invite", who)

    def accept(self, by, group):
        view = self.view(group)
        expected = not view.public or by in view.invited + view.members
        only_if(expected, f"it would join an open room: {by} is not invited")
        self._post(by, group, "join")

    def join(self, by, group):
        view = self.view(group)
        only_if(view.public or by not in view.invited, f"it would accept an invitation: {group} is not open")
        self._post(by, group, "join")

    def decline(self, by, group):
        only_if(by not in self.view(group).members, f"it would leave: {by} is a member")
        self._post(by, group, "leave")

    def leave(self, by, group):
        only_if(by not in self.view(group).invited, f"it would decline: {by} is only invited")
        self._post(by, group, "leave")

    def cancel(self, by, group, who):
        only_if(who != by, "a kick of oneself is to decline, or to leave")
        only_if(who not in self.view(group).members, f"it would remove: {who} is a member")
        self._post(by, group, "kick", who)

    def remove(self, by, group, who):
        only_if(who != by, "a kick of oneself is to leave")
        only_if(who not in self.view(group).invited, f"it would cancel: {who} is only invited")
        self._post(by, group, "kick", who)

    def ban(self, by, group, who):
        self._post(by, group, "ban", who)

    def unban(self, by, group, who):
        self._post(by, group, "unban", who)

    def open_link(self, by, group):
        self._put(by, group, "state/m.room.join_rules", {"join_rule": "public"})

    def close_link(self, by, group):
        self._put(by, group, "state/m.room.join_rules", {"join_rule": "invite"})

    def transfer(self, by, group, to):
        """One event gives the level to one and takes it from the other; all other levels stay as they are."""
        levels = self.view(group).levels
        users = {user: level for user, level in levels.get("users", {}).items() if user != user_id(by)}
        users[user_id(to)] = OWNER_LEVEL
        self._put(by, group, "state/m.room.power_levels", {**levels, "users": users})

    def message(self, by, group):
        """Returns to whom it was delivered; so does `call`."""
        return self._send(by, group, MESSAGE)

    def call(self, by, group):
        """Rings: the event with which a Matrix call begins. What is then said goes past the server."""
        return self._send(by, group, CALL)

    def groups(self):
        """The groups that have a room."""
        return list(self._rooms)

    def view(self, group):
        """What a room looks like, read anew after each change."""
        if group in self._changed:
            self._views[group] = self._look(group)
            self._changed.discard(group)
        return self._views.get(group, View())

    def _find(self, group, alias):
        room = urllib.parse.quote(f"#{alias}:{SERVER_NAME}")
        answer = self._client.get(self._accounts.observer, f"{API}/directory/room/{room}")
        if answer.ok:
            self._rooms[group] = answer.body["room_id"]
            self._changed.add(group)

    def _look(self, group):
        """As the administrator sees it, who is in no room. The server forgets the state of a room that its
        last member has left, so the bans of such a room are those last seen."""
        path = f"/_synapse/admin/v1/rooms/{self._rooms[group]}/state"
        events = needed(self._client.get(self._accounts.observer, path))["state"]
        if not events and group in self._views:
            return View(banned=self._views[group].banned)
        return view_of(events, self._names)

    def _send(self, by, group, kind):
        transaction = f"{self._history}-{next(self._transactions)}"
        event = self._put(by, group, f"send/{kind}/{transaction}", CONTENT[kind])["event_id"]
        others = [name for name in self._chatters if name != by]
        return self._deliveries.receivers(event, self._rooms[group], others)

    def _post(self, by, group, action, who=None):
        self._change("POST", by, group, action, {} if who is None else {"user_id": user_id(who)})

    def _put(self, by, group, rest, body):
        return self._change("PUT", by, group, rest, body)

    def _change(self, method, by, group, rest, body):
        only_if(group in self._rooms, f"{group} has no room")
        self._changed.add(group)
        answer = self._client.ask(self._token(by), method, f"{API}/rooms/{self._rooms[group]}/{rest}", body)
        if not answer.ok:
            raise Refused(answer.words())
        return answer.body

    def _token(self, name):
        only_if(name in self._chatters, f"{name} has no account")
        return self._accounts.token(name)


def only_if(condition, otherwise):
    if not condition:
        raise Refused(f"the client does not ask: {otherwise}")
