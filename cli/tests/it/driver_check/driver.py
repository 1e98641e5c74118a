"""A driver that answers as the protocol says, and wrongly in one way, named by its argument.

Around the fault is the teaching driver without its defect. Each way with the check of `check-driver` that has to fail:

  right             -           nothing is wrong
  unlisted          answers     does not carry out a command that it lists
  refusing          answers     refuses everything
  by-process        repeatable  decides by the number of its process
  looking-changes   observe     every seventh look clears the contacts that it shows
  looking-settles   observe     a group is frozen only when somebody looks at it
  keeping           reset       forgets nothing at a reset
  constant-names    names       takes a user's kind from constants
  unordered         pipelining  loses what a request changed if the next one is there already
  looser            fidelity    compares a newcomer with nobody
  staying           bye         does not exit
"""

import os
import select
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../../drivers/python"))

import driver as teaching  # noqa: E402

way = sys.argv.pop(1)
sys.argv.append("--fixed")


class Wrong(teaching.Driver):
    looks = 0

    def reset(self, cast, groups, policy):
        if way == "keeping" and hasattr(self, "chat"):
            return {}
        super().reset(cast, groups, policy)
        if way == "constant-names":
            kinds = {"ann": "guardian", "bob": "guardian", "kay": "child", "kim": "child"}
            self.chat.kind = dict.fromkeys(self.chat.kind, "adult") | kinds
        if way == "looser":
            self.chat.require_cleared = lambda *_: None
        return {}

    def apply(self, command):
        if way == "unlisted" and command["do"] == "leave":
            raise teaching.Failed(1, "leave is not supported")
        if way == "refusing" or (way == "by-process" and command["do"] == "approve" and is_other()):
            return {"decision": "deny"}
        before = set(self.chat.contacts)
        answer = super().apply(command)
        if way == "unordered" and select.select([sys.stdin], [], [], 0.002)[0]:
            self.chat.contacts = before
        return answer

    def observe(self):
        self.looks += 1
        if way == "looking-settles":
            for group in self.chat.groups.values():
                if group["phase"] == "active" and len(group["members"]) == 1:
                    group["phase"] = "frozen"
        seen = super().observe()
        if way == "looking-changes" and self.looks % 7 == 0:
            seen["contacts"] = []
        return seen

    def bye(self):
        if way == "staying":
            os.write(1, b'{"jsonrpc": "2.0", "id": 0, "result": {}}\n')
            time.sleep(1000)
        return super().bye()


def is_other():
    """Whether this process is every other one of those that the harness has started."""
    return sorted(siblings()).index((started(os.getpid()), os.getpid())) % 2


def siblings():
    """The start times and numbers of the processes that the harness has started with the same command."""
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        try:
            with open(f"/proc/{pid}/cmdline") as line:
                if int(fields(pid)[1]) == os.getppid() and "by-process" in line.read():
                    yield started(pid), pid
        except OSError:
            pass  # it has ended meanwhile


def started(pid):
    """When the process was started. Numbers of processes are used again, so they give no order."""
    return int(fields(pid)[19])


def fields(pid):
    """What /proc says of the process, from its state on."""
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()


teaching.Driver = Wrong
teaching.main()
