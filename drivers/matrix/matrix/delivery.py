"""The users who receive an event, read from the synchronisation of each user.

The list of members is not used. So an event that reaches an outsider, or does not reach a member, is noticed.
"""

import json
import urllib.parse

from .accounts import API
from .client import needed

NOTHING = {"not_types": ["*"]}


class Deliveries:
    """Continues each synchronisation from the last one, so that its cost does not grow with earlier rooms."""

    def __init__(self, client, accounts):
        self._client = client
        self._accounts = accounts
        self._since = None
        self._since = self._sync(accounts.observer, [])["next_batch"]

    def receivers(self, event, room, names):
        """The users among `names` who receive the event, which must have been sent before the call."""
        received, latest = [], self._since
        for name in names:
            answer = self._sync(self._accounts.token(name), [room])
            latest = answer["next_batch"]
            if event in events_in(answer):
                received.append(name)
        self._since = latest
        return received

    def _sync(self, token, rooms):
        wanted = urllib.parse.quote(json.dumps(talk_in(rooms)))
        since = f"&since={self._since}" if self._since else ""
        return needed(self._client.get(token, f"{API}/sync?timeout=0&filter={wanted}{since}"))


def talk_in(rooms):
    """A filter for the messages and calls in these rooms."""
    timeline = {"limit": 5, "types": ["m.room.message", "m.call.invite"]}
    nothing_else = {"state": NOTHING, "ephemeral": NOTHING, "account_data": NOTHING}
    room = {"rooms": rooms, "timeline": timeline, **nothing_else}
    return {"presence": NOTHING, "account_data": NOTHING, "room": room}


def events_in(answer):
    """The ids of all events in the timelines of a synchronisation, of rooms joined and left."""
    rooms = answer.get("rooms", {})
    timelines = [room["timeline"] for part in ("join", "leave") for room in rooms.get(part, {}).values()]
    return {event["event_id"] for timeline in timelines for event in timeline["events"]}
