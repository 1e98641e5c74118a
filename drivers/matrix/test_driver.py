"""Tests of the driver over its pipes: what the servers do, what a reset clears, and that nothing stays behind.

They pin what the servers were seen to do, so that a new version that does otherwise is noticed. They do not
compare with a policy: that is the harness's work.
"""

import json
import os
import signal
import subprocess
import time
import unittest

from matrix.accounts import localpart
from matrix.command import FIELDS

DRIVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "driver")
CAST = [
    {"name": "ann", "kind": "guardian"},
    {"name": "bob", "kind": "guardian"},
    {"name": "kay", "kind": "child", "guardians": ["ann"]},
    {"name": "kim", "kind": "child", "guardians": ["bob"]},
    {"name": "sam", "kind": "adult"},
]
POLICY = {"quorum": "any", "between-children": "both"}
GONE_SECONDS = 10


class Driven:
    """A driver process and the requests that are made of it."""

    def __init__(self, *options):
        pipe = subprocess.PIPE
        # A session of its own makes it the leader of a process group, as the harness makes it.
        self.process = subprocess.Popen([DRIVER, *options], stdin=pipe, stdout=pipe, start_new_session=True)
        self.asked = 0

    def ask(self, method, **params):
        """Returns the result, or the error."""
        self.asked += 1
        request = {"jsonrpc": "2.0", "id": self.asked, "method": method, "params": params}
        answer = self.line(json.dumps(request).encode())
        assert answer["id"] == self.asked, answer
        return answer["result"] if "result" in answer else answer["error"]

    def line(self, line):
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def hello(self):
        return self.ask("hello", protocol=1, harness="test")

    def reset(self):
        return self.ask("reset", cast=CAST, groups=["g1", "g2"], policy=POLICY)

    def apply(self, name, by, *values):
        return self.ask("apply", command={"do": name, "by": by, **dict(zip(FIELDS[name], values))})

    def group(self):
        groups = self.ask("observe")["groups"]
        return groups[0] if groups else None

    def end(self):
        for pipe in (self.process.stdin, self.process.stdout):
            pipe.close()
        return self.process.wait(GONE_SECONDS)

    def server(self):
        """The process id of the server, and its folder."""
        for entry in filter(str.isdigit, os.listdir("/proc")):
            if parent_of(entry) == self.process.pid:
                with open(f"/proc/{entry}/cmdline", encoding="utf-8") as file:
                    words = file.read().split("\0")
                if "matrix.launcher" in words:
                    return int(entry), words[words.index("matrix.launcher") + 1]
        raise AssertionError("the driver has no server")


def parent_of(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return int(file.read().rsplit(")", 1)[1].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Served(unittest.TestCase):
    """One driver for all tests of a class; each begins by a reset."""

    options = ()

    @classmethod
    def setUpClass(cls):
        cls.driven = Driven(*cls.options)
        cls.about = cls.driven.hello()

    @classmethod
    def tearDownClass(cls):
        cls.driven.ask("bye")
        cls.driven.end()

    def setUp(self):
        self.assertEqual(self.driven.reset(), {})

    def allowed(self, *command):
        answer = self.driven.apply(*command)
        self.assertEqual(answer.get("decision"), "allow", answer)
        return answer.get("delivered")

    def denied(self, because, *command):
        answer = self.driven.apply(*command)
        self.assertEqual(answer.get("decision"), "deny", answer)
        self.assertIn(because, answer["because"])

    def members(self):
        return sorted(self.driven.group()["members"])


class WithTheModule(Served):
    options = ("--invite-checker",)

    def approve_all_but_kim_and_sam(self):
        self.allowed("approve", "ann", "kay", "kim")
        self.allowed("approve", "bob", "kim", "kay")
        self.allowed("approve", "ann", "kay", "sam")

    def test_it_says_what_it_is(self):
        self.assertEqual(self.about["name"], "synapse-invite-checker")
        self.assertEqual(self.about["policy"], "invite-time-only")

    def test_two_who_do_not_permit_each_other_are_brought_together_by_a_third(self):
        self.approve_all_but_kim_and_sam()
        self.denied("403 M_FORBIDDEN", "create", "kim", "g2", ["sam"])
        self.allowed("create", "kay", "g1", ["kim"])
        self.allowed("accept", "kim", "g1")
        self.denied("403 M_FORBIDDEN", "invite", "kim", "g1", "sam")
        self.allowed("invite", "kay", "g1", "sam")
        self.allowed("accept", "sam", "g1")
        self.assertEqual(self.members(), ["kay", "kim", "sam"])
        self.assertEqual(sorted(self.allowed("message", "sam", "g1")), ["kay", "kim"])

    def test_a_revocation_is_not_asked_about_when_the_invitation_is_accepted(self):
        self.approve_all_but_kim_and_sam()
        self.allowed("create", "kay", "g1", ["sam"])
        self.allowed("revoke", "ann", "kay", "sam")
        self.assertNotIn(["kay", "sam"], self.driven.ask("observe")["contacts"])
        self.allowed("accept", "sam", "g1")
        self.assertEqual(self.members(), ["kay", "sam"])

    def test_a_revocation_removes_nobody(self):
        self.approve_all_but_kim_and_sam()
        self.allowed("create", "kay", "g1", ["sam"])
        self.allowed("accept", "sam", "g1")
        self.allowed("revoke", "ann", "kay", "sam")
        self.assertEqual(self.members(), ["kay", "sam"])
        self.assertEqual(self.allowed("message", "sam", "g1"), ["kay"])
        self.denied("403 M_FORBIDDEN", "create", "sam", "g2", ["kay"])

    def test_a_block_is_asked_about_when_somebody_is_invited(self):
        self.allowed("approve", "ann", "kay", "sam")
        self.allowed("block", "sam", "kay")
        self.denied("403 M_FORBIDDEN", "create", "kay", "g1", ["sam"])
        self.denied("403 M_FORBIDDEN", "create", "sam", "g1", ["kay"])
        self.allowed("unblock", "sam", "kay")
        self.allowed("create", "kay", "g1", ["sam"])

    def test_two_cannot_be_invited_at_once_and_a_link_cannot_be_opened(self):
        self.approve_all_but_kim_and_sam()
        self.denied("400 M_FORBIDDEN", "create", "kay", "g1", ["kim", "sam"])
        self.assertIsNone(self.driven.group())
        self.allowed("create", "kay", "g1", ["kim"])
        self.denied("400 M_INVALID_ROOM_STATE", "open-link", "kay", "g1")


class Plain(Served):
    def test_it_says_what_it_is(self):
        self.assertEqual(self.about["name"], "synapse")
        self.assertEqual(self.about["policy"], "no-contact-rule")
        self.assertNotIn("direct", self.about["commands"])

    def test_nobody_asks_about_approvals(self):
        self.allowed("create", "sam", "g1", ["kay", "kim"])
        self.allowed("accept", "kay", "g1")
        self.assertEqual(self.driven.group()["invited"], ["kim"])
        self.assertEqual(self.allowed("message", "sam", "g1"), ["kay"])

    def test_who_ignores_the_sender_receives_nothing(self):
        self.allowed("create", "sam", "g1", ["kay"])
        self.allowed("accept", "kay", "g1")
        self.allowed("block", "kay", "sam")
        self.assertEqual(self.allowed("message", "sam", "g1"), [])
        self.assertEqual(self.allowed("call", "kay", "g1"), ["sam"])

    def test_an_open_room_is_joined(self):
        self.allowed("create", "kay", "g1", [])
        self.denied("403 M_FORBIDDEN", "join", "sam", "g1")
        self.allowed("open-link", "kay", "g1")
        self.allowed("join", "sam", "g1")
        self.allowed("ban", "kay", "g1", "sam")
        self.denied("403 M_BAD_STATE", "join", "sam", "g1")
        self.assertEqual(self.driven.group()["banned"], ["sam"])

    def test_the_owner_changes_and_the_last_member_leaves(self):
        self.allowed("create", "kay", "g1", ["sam"])
        self.allowed("accept", "sam", "g1")
        self.allowed("ban", "kay", "g1", "kim")
        self.allowed("transfer", "kay", "g1", "sam")
        self.assertEqual(self.driven.group()["owner"], "sam")
        self.denied("403 M_FORBIDDEN", "remove", "kay", "g1", "sam")
        self.allowed("remove", "sam", "g1", "kay")
        self.allowed("leave", "sam", "g1")
        empty = {"name": "g1", "phase": "dissolved", "owner": None, "members": [], "invited": []}
        self.assertEqual(self.driven.group(), {**empty, "banned": ["kim"], "link": "closed"})

    def test_a_refused_create_may_leave_a_room(self):
        self.denied("403 M_FORBIDDEN", "create", "kay", "g1", ["kay"])
        self.assertEqual(self.members(), ["kay"])

    def test_one_request_is_not_taken_for_another_command(self):
        self.allowed("create", "kay", "g1", ["sam"])
        for command in (("join", "sam", "g1"), ("leave", "sam", "g1"), ("remove", "kay", "g1", "sam")):
            self.denied("the client does not ask", *command)
        self.allowed("accept", "sam", "g1")
        self.denied("the client does not ask", "remove", "sam", "g1", "sam")
        for command in (("decline", "sam", "g1"), ("cancel", "kay", "g1", "sam")):
            self.denied("the client does not ask", *command)
        self.assertEqual(self.members(), ["kay", "sam"])

    def test_only_guardians_approve(self):
        self.denied("sam is no guardian of kay", "approve", "sam", "kay", "sam")
        self.denied("ann is the last guardian of kay", "remove-guardian", "ann", "kay", "ann")
        self.allowed("add-guardian", "ann", "kay", "bob")
        self.allowed("approve", "bob", "kay", "sam")
        self.assertEqual(self.driven.ask("observe")["contacts"], [["kay", "sam"]])
        self.allowed("remove-guardian", "ann", "kay", "bob")
        self.assertEqual(self.driven.ask("observe")["contacts"], [])

    def test_a_reset_clears_everything(self):
        self.allowed("approve", "ann", "kay", "sam")
        self.allowed("block", "kay", "sam")
        self.allowed("create", "kay", "g1", ["sam"])
        seen = self.driven.ask("observe")
        self.assertEqual(seen, self.driven.ask("observe"))
        self.assertEqual((seen["contacts"], seen["blocks"]), ([["kay", "sam"]], [["kay", "sam"]]))
        self.driven.reset()
        self.assertEqual(self.driven.ask("observe"), {"groups": [], "contacts": [], "blocks": []})
        self.denied("g1 has no room", "accept", "sam", "g1")

    def test_a_server_that_died_is_replaced_by_the_next_reset(self):
        os.kill(self.driven.server()[0], signal.SIGKILL)
        self.assertEqual(self.driven.apply("create", "kay", "g1", [])["code"], 2)
        self.driven.reset()
        self.allowed("create", "kay", "g1", [])


class Endings(unittest.TestCase):
    """However a driver ends, its server and the server's folder go with it."""

    def gone_after(self, end, status):
        driven = Driven()
        driven.hello()
        driven.reset()
        server, folder = driven.server()
        end(driven)
        self.assertEqual(driven.end(), status)
        until = time.monotonic() + GONE_SECONDS
        while (alive(server) or os.path.exists(folder)) and time.monotonic() < until:
            time.sleep(0.05)
        self.assertFalse(alive(server), "the server is still there")
        return folder

    def test_it_is_told_good_bye(self):
        folder = self.gone_after(lambda driven: driven.ask("bye"), 0)
        self.assertFalse(os.path.exists(folder))

    def test_its_input_ends(self):
        folder = self.gone_after(lambda driven: None, 0)
        self.assertFalse(os.path.exists(folder))

    def test_it_is_asked_to_end(self):
        end = signal.SIGTERM
        folder = self.gone_after(lambda driven: driven.process.send_signal(end), 128 + end)
        self.assertFalse(os.path.exists(folder))

    def test_it_is_killed(self):
        end = signal.SIGKILL
        folder = self.gone_after(lambda driven: driven.process.send_signal(end), -end)
        self.assertFalse(os.path.exists(folder))

    def test_its_group_is_killed(self):
        """The folder is left: nobody is left who could remove it."""
        end = signal.SIGKILL
        folder = self.gone_after(lambda driven: os.killpg(driven.process.pid, end), -end)
        subprocess.run(["rm", "-rf", folder], check=True)


class Protocol(unittest.TestCase):
    """What needs no server."""

    def setUp(self):
        self.driven = Driven()

    def tearDown(self):
        self.driven.ask("bye")
        self.assertEqual(self.driven.end(), 0)

    def test_unreadable_requests_are_answered_by_errors(self):
        cases = [(b"{", -32700), (b"\xff", -32700), (b"[]", -32600), (b"x" * (1 << 20) + b"xx", -32600)]
        for line, code in cases:
            answer = self.driven.line(line)
            self.assertEqual((answer["id"], answer["error"]["code"]), (None, code))

    def test_wrong_requests_are_answered_by_errors(self):
        self.assertEqual(self.driven.ask("helo")["code"], -32601)
        self.assertEqual(self.driven.ask("hello", protocol=0)["code"], -32602)
        self.assertEqual(self.driven.ask("reset")["code"], -32602)
        self.assertEqual(self.driven.ask("apply", command={})["code"], -32602)
        self.assertEqual(self.driven.ask("observe")["code"], -32602)


class Names(unittest.TestCase):
    def test_different_names_are_different_users(self):
        names = ["kay", "Kay", "KAY", "k_y", "_ay", "=ay", "7", "77", "7a", "a.b-c"]
        self.assertEqual(len({localpart(name) for name in names}), len(names))
        self.assertEqual(localpart("kay"), "kay")
        self.assertEqual(localpart("Kay"), "=4bay")


if __name__ == "__main__":
    unittest.main()
