"""What a room looks like: a `View`, made from the room's state as the server tells it.

It reads and never asks; who may see what, and when to look again, is for `rooms`.
"""

from dataclasses import dataclass, field

# Matrix's preset `private_chat` gives this level to who made the room and 0 to all others; 50 is needed to kick,
# to ban and to open the room, 100 to change the levels, and none to invite.
OWNER_LEVEL = 100


@dataclass
class View:
    """A room as seen; a room that nobody has made yet, or that nobody is in any more, looks empty."""

    members: list = field(default_factory=list)
    invited: list = field(default_factory=list)
    banned: list = field(default_factory=list)
    owner: str = None
    public: bool = False
    levels: dict = field(default_factory=dict)

    def told(self, group):
        """The view in the words of the driver protocol. Without members a Matrix room is closed for good."""
        return {
            "name": group,
            "phase": "active" if self.members else "dissolved",
            "owner": self.owner,
            "members": self.members,
            "invited": self.invited,
            "banned": self.banned,
            "link": "open" if self.public else "closed",
        }


def view_of(events, names):
    """The view that state events give; `names` tells the name of each Matrix user id."""
    view = View()
    lists = {"join": view.members, "invite": view.invited, "ban": view.banned}
    for event in events:
        kind, content = event["type"], event["content"]
        if kind == "m.room.member" and content["membership"] in lists:
            lists[content["membership"]].append(names[event["state_key"]])
        elif kind == "m.room.join_rules":
            view.public = content["join_rule"] == "public"
        elif kind == "m.room.power_levels":
            view.levels = content
    ids = {user for user, level in view.levels.get("users", {}).items() if level >= OWNER_LEVEL}
    owners = [name for user, name in names.items() if user in ids and name in view.members]
    view.owner = owners[0] if owners else None
    return view
