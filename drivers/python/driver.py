"""A driver for chatwarden to learn from: a tiny chat service with a real defect, and the driver protocol.
To test your own product, replace `Chat` and `COMMANDS` by calls to it. The protocol: docs/protocol.md."""

import json
import sys
import traceback

# ---- The service. This would be your product; nothing here knows the protocol. ----


class Denied(Exception):
    """The service refuses the command and changes nothing."""


def require(condition, why):
    if not condition:
        raise Denied(why)


class Chat:
    """Children chat only with contacts that one of their guardians approved. `fixed` repairs the defect."""

    def __init__(self, cast, fixed):
        self.fixed = fixed
        self.kind = {user["name"]: user["kind"] for user in cast}
        self.guardians = {user["name"]: user.get("guardians", []) for user in cast}
        self.contacts = set()  # pairs (child, contact)
        self.groups = {}  # by name: {"phase", "owner", "members"}

    def approve(self, by, child, contact):
        self.require_guardian(by, child, contact)
        self.contacts.add((child, contact))

    def revoke(self, by, child, contact):
        self.require_guardian(by, child, contact)
        could_meet = self.may_meet(child, contact)
        self.contacts.discard((child, contact))
        for group in self.groups.values():
            # The two may not meet any more, so nobody may talk in a group that has both of them.
            if could_meet and group["phase"] == "active" and {child, contact} <= group["members"]:
                group["phase"] = "frozen"

    def create(self, by, name, others):
        require(self.chats(by) and all(self.chats(who) for who in others), "guardians do not chat")
        require(by not in others and name not in self.groups, "the group or the member exists already")
        for who in others:
            self.require_cleared(who, by, {by, *others} - {who})
        self.groups[name] = {"phase": "active", "owner": by, "members": {by, *others}}

    def invite(self, by, name, who):
        members = self.active_group(by, name)["members"]
        require(self.chats(who) and who not in members, "nobody to invite")
        self.require_cleared(who, by, members)
        members.add(who)

    def leave(self, by, name):
        group = self.groups.get(name, {"members": ()})
        require(by in group["members"], "not a member")
        group["members"].remove(by)
        group["phase"] = group["phase"] if group["members"] else "dissolved"
        group["owner"] = None if group["owner"] == by else group["owner"]

    def message(self, by, name):
        return self.active_group(by, name)["members"] - {by}  # the recipients

    def require_guardian(self, by, child, contact):
        require(by in self.guardians[child], "only a guardian of the child decides")
        require(self.chats(contact) and child != contact, "nobody to chat with")

    def require_cleared(self, who, by, members):
        # The defect: the newcomer is compared with the user who acts and not with every member.
        compared = members if self.fixed else {by}
        require(all(self.may_meet(who, other) for other in compared), f"{who} may not meet them")

    def active_group(self, member, name):
        group = self.groups.get(name, {"phase": "new"})
        require(group["phase"] == "active" and member in group["members"], "not a member of an active group")
        return group

    def chats(self, user):
        return self.kind[user] != "guardian"

    def may_meet(self, a, b):  # each child needs an approval of the other user
        return all(self.kind[p] == "adult" or (p, q) in self.contacts for p, q in [(a, b), (b, a)])


# ---- The driver: it turns commands of the harness into calls to the service. ----

# The harness sends only the commands listed here (no blocks, calls, links, bans and so on).
COMMANDS = {
    "approve": lambda chat, c: chat.approve(c["by"], c["child"], c["contact"]),
    "revoke": lambda chat, c: chat.revoke(c["by"], c["child"], c["contact"]),
    "create": lambda chat, c: chat.create(c["by"], c["group"], c["with"]),
    "invite": lambda chat, c: chat.invite(c["by"], c["group"], c["who"]),
    "leave": lambda chat, c: chat.leave(c["by"], c["group"]),
    "message": lambda chat, c: chat.message(c["by"], c["group"]),
}


class Failed(Exception):
    """An answer that is a JSON-RPC error: its code and message."""


class Driver:
    done = False

    def hello(self, protocol, harness):
        # Exact: except for its defect, the service follows this policy exactly, and ignores the one in `reset`.
        return {"protocol": min(protocol, 2), "name": "tiny-chat", "version": "1.0", "commands": list(COMMANDS),
                "fidelity": "exact", "policy": "messenger-kids",
                "observes": ["members", "phase", "owner", "contacts"]}

    def reset(self, cast, groups, policy):
        self.chat = Chat(cast, fixed="--fixed" in sys.argv)
        return {}

    def apply(self, command):
        if command["do"] not in COMMANDS:
            raise Failed(1, f"{command['do']} is not supported")
        try:
            delivered = COMMANDS[command["do"]](self.chat, command)
        except Denied as why:
            return {"decision": "deny", "because": str(why)}
        if delivered is None:
            return {"decision": "allow"}
        return {"decision": "allow", "delivered": sorted(delivered)}

    def observe(self):
        groups = [{"name": name, **group, "members": sorted(group["members"])}
                  for name, group in self.chat.groups.items()]
        return {"groups": groups, "contacts": sorted(self.chat.contacts)}

    def bye(self):
        self.done = True
        return {}


# ---- The protocol: JSON-RPC, one message a line. Keep this part. ----


def result(driver, request):
    if request["method"] not in ("hello", "reset", "apply", "observe", "bye"):
        raise Failed(-32601, f"unknown method `{request['method']}`")
    return getattr(driver, request["method"])(**request["params"])


def main():
    if sys.argv[1:] not in ([], ["--fixed"]):
        sys.exit("usage: driver.py [--fixed]")
    driver = Driver()
    for line in sys.stdin.buffer:
        reply = {"jsonrpc": "2.0", "id": None}
        try:
            request = json.loads(line)
            reply["id"] = request["id"]
            reply["result"] = result(driver, request)
        except Failed as failed:
            reply["error"] = dict(zip(("code", "message"), failed.args))
        except Exception as error:
            traceback.print_exc()  # to standard error, the end of which the harness shows
            code = -32700 if reply["id"] is None else -32603  # not a request, or the driver itself failed
            reply["error"] = {"code": code, "message": f"{type(error).__name__}: {error}"}
        # The harness waits for the answer. (Faster: flush only if no further request is waiting.)
        print(json.dumps(reply), flush=True)
        if driver.done:
            break


if __name__ == "__main__":
    main()
