"""The family service: guardians, approvals and blocks.

Matrix has no guardians. A product on top of it would have a service that keeps them, lets them approve contacts,
and writes the result into the accounts. This is that service. It refuses commands of users who are not the
guardian, and lists the users that each account should permit. It does not read rooms: the server decides there.
"""


class Family:
    """The guardians, approvals and blocks of one run. It follows the knobs `quorum` and `between-children`."""

    def __init__(self, cast, policy):
        self.kinds = {user["name"]: user["kind"] for user in cast}
        self._guardians = {user["name"]: set(user["guardians"]) for user in cast if user["kind"] == "child"}
        self._approvals = {child: {} for child in self._guardians}
        self._blocks = {user: set() for user in self.chatters()}
        self._all_must_approve = policy["quorum"] == "all"
        self._one_side_suffices = policy["between-children"] == "either"

    def chatters(self):
        """The users with an account. Guardians have none."""
        return [user for user, kind in self.kinds.items() if kind != "guardian"]

    def children(self):
        return list(self._guardians)

    def approve(self, by, child, contact):
        """Returns the reason of a refusal, or None. So do the next three methods."""
        refusal = self._refusal(by, child) or self._no_contact(child, contact)
        if not refusal:
            self._approvals[child].setdefault(contact, set()).add(by)
        return refusal

    def revoke(self, by, child, contact):
        refusal = self._refusal(by, child) or self._no_contact(child, contact)
        if not refusal:
            self._approvals[child].pop(contact, None)
        return refusal

    def add_guardian(self, by, child, guardian):
        refusal = self._refusal(by, child)
        if not refusal and self.kinds[guardian] != "guardian":
            refusal = f"{guardian} is no guardian"
        if not refusal:
            self._guardians[child].add(guardian)
        return refusal

    def remove_guardian(self, by, child, guardian):
        refusal = self._refusal(by, child)
        if not refusal and guardian not in self._guardians[child]:
            refusal = f"{guardian} does not guard {child}"
        if not refusal and len(self._guardians[child]) == 1:
            refusal = f"{guardian} is the last guardian of {child}"
        if not refusal:
            self._guardians[child].remove(guardian)
            for approvers in self._approvals[child].values():
                approvers.discard(guardian)
        return refusal

    def note_block(self, by, who):
        """Records a block that the server allowed."""
        self._blocks[by].add(who)

    def note_unblock(self, by, who):
        self._blocks[by].discard(who)

    def blocks(self, user):
        return set(self._blocks[user])

    def record(self, child):
        """The record of a child that is written into the child's account."""
        approvals = {contact: sorted(by) for contact, by in sorted(self._approvals[child].items()) if by}
        return {"guardians": sorted(self._guardians[child]), "approvals": approvals}

    def contacts_of(self, record):
        """The approved contacts of a record."""
        guardians = set(record["guardians"])
        return [contact for contact, by in record["approvals"].items() if self._enough(guardians, set(by))]

    def permitted(self, user):
        """The users that the user's account should permit: everyone with whom the user may share a group."""
        return sorted(other for other in self.chatters() if other != user and self._compatible(user, other))

    def _compatible(self, user, other):
        kinds = {self.kinds[user], self.kinds[other]}
        if kinds == {"adult"}:
            return True
        if other in self._blocks[user] or user in self._blocks[other]:
            return False
        if kinds == {"child"} and not self._one_side_suffices:
            return self._approved(user, other) and self._approved(other, user)
        return self._approved(user, other) or self._approved(other, user)

    def _approved(self, child, contact):
        guardians = self._guardians.get(child)
        return bool(guardians) and self._enough(guardians, self._approvals[child].get(contact, set()))

    def _enough(self, guardians, approvers):
        counted = approvers & guardians
        return counted == guardians if self._all_must_approve else bool(counted)

    def _refusal(self, by, child):
        if child not in self._guardians:
            return f"{child} is no child"
        return None if by in self._guardians[child] else f"{by} is no guardian of {child}"

    def _no_contact(self, child, contact):
        if contact not in self._blocks:
            return f"{contact} has no account"
        return "a child is no contact of its own" if contact == child else None
