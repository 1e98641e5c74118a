"""Who really receives an event: each user's own synchronisation is asked.

The list of members is not consulted, so that an event that reaches an outsider, or does not reach a member,
is seen.
"""

import json
import urllib.parse

from .accounts import API
from .client import needed

NOTHING = {"not_types": ["*"]}


class Deliveries:
    """Asks from where it last asked, so that the cost of a synchronisation does not grow with the rooms of the
    past."""

    def __init__(self, client, accounts):
        self._client = client
        self._accounts = accounts
        self._since = None
        self._since = self._sync(accounts.observer, [])["next_batch"]

    def receivers(self, event, room, names):
        """Those of `names` to whom the event, which was sent before the call, is handed out."""
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
    """A filter that lets through what is said in these rooms and nothing else."""
    timeline = {"limit": 5, "types": ["m.room.message", "m.call.invite"]}
    nothing_else = {"state": NOTHING, "ephemeral": NOTHING, "account_data": NOTHING}
    room = {"rooms": rooms, "timeline": timeline, **nothing_else}
    return {"presence": NOTHING, "account_data": NOTHING, "room": room}


def events_in(answer):
    """The ids of all events in the timelines of a synchronisation, of rooms joined and left."""
    rooms = answer.get("rooms", {})
    timelines = [room["timeline"] for part in ("join", "leave") for room in rooms.get(part, {}).values()]
    return {event["event_id"] for timeline in timelines for event in timeline["events"]}
