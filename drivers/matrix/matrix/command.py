"""The commands of the driver protocol, their fields, and the reader of a command.

The reader is strict, because a misread command would look like a defect of the server.
"""

from .protocol import NOT_SUPPORTED, WRONG_PARAMS, Error

USER, GROUP, USERS = "user", "group", "users"

FIELDS = {
    "approve": {"child": USER, "contact": USER},
    "revoke": {"child": USER, "contact": USER},
    "add-guardian": {"child": USER, "guardian": USER},
    "remove-guardian": {"child": USER, "guardian": USER},
    "block": {"who": USER},
    "unblock": {"who": USER},
    "direct": {"to": USER},
    "create": {"group": GROUP, "with": USERS},
    "invite": {"group": GROUP, "who": USER},
    "accept": {"group": GROUP},
    "decline": {"group": GROUP},
    "cancel": {"group": GROUP, "who": USER},
    "open-link": {"group": GROUP},
    "close-link": {"group": GROUP},
    "join": {"group": GROUP},
    "leave": {"group": GROUP},
    "remove": {"group": GROUP, "who": USER},
    "ban": {"group": GROUP, "who": USER},
    "unban": {"group": GROUP, "who": USER},
    "transfer": {"group": GROUP, "to": USER},
    "message": {"group": GROUP},
    "call": {"group": GROUP},
    "dissolve": {"group": GROUP},
}
# `direct` is not supported: a direct message needs a room that the other user must join, which takes requests of
# two users. `dissolve` is not: the owner would have to remove the members one by one.
UNSUPPORTED = {"direct", "dissolve"}
SUPPORTED = [name for name in FIELDS if name not in UNSUPPORTED]


def read_command(command, users, groups):
    """Returns the command's name and its parameters, `by` first, in the order of `FIELDS`."""
    demand(isinstance(command, dict), "a command is an object")
    name = command.get("do")
    demand(isinstance(name, str) and name in FIELDS, f"unknown command `{name}`")
    if name in UNSUPPORTED:
        raise Error(NOT_SUPPORTED, f"{name} is not supported")
    kinds = {"by": USER, **FIELDS[name]}
    demand(set(command) == {"do", *kinds}, f"`{name}` has the fields {', '.join(kinds)}")
    return name, [read_value(field, kind, command[field], users, groups) for field, kind in kinds.items()]


def read_value(field, kind, value, users, groups):
    if kind == USERS:
        demand(isinstance(value, list), f"`{field}` is a list of users")
        demand(len({str(one) for one in value}) == len(value), f"`{field}` names a user twice")
        return [read_value(field, USER, one, users, groups) for one in value]
    known = users if kind == USER else groups
    demand(isinstance(value, str) and value in known, f"`{field}` names the unknown {kind} `{value}`")
    return value


def demand(condition, otherwise):
    if not condition:
        raise Error(WRONG_PARAMS, otherwise)
