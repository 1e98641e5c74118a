"""The observation of a room: a `View` of the room state that the server returned. `rooms` requests that state."""

from dataclasses import dataclass, field

# The preset `private_chat` of Matrix gives this level to the creator of the room and 0 to all others. Kicking, banning
# and opening the room need 50, changing levels needs 100, and inviting needs 0.
OWNER_LEVEL = 100


@dataclass
class View:
    """An observed room. A room that does not exist yet, or has no members any more, is empty."""

    members: list = field(default_factory=list)
    invited: list = field(default_factory=list)
    banned: list = field(default_factory=list)
    owner: str = None
    public: bool = False
    levels: dict = field(default_factory=dict)

    def told(self, group):
        """The view as a group of the driver protocol. A Matrix room without members cannot be entered again."""
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
