"""A driver that shows nothing, in one way, named by its argument. Around it is the teaching driver without its defect.

  unsupported   lists its commands and supports none of them
  only-leave    lists and supports `leave` alone, which then is always refused; it dies if another command is sent
  refusing      lists all and refuses all
  lying         lists `invite` and does not support it
  right         supports what it lists
  failing       answers well at first, and from the third run on only errors; it notes each start in a file
"""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../../drivers/python"))

import driver as teaching  # noqa: E402

way = sys.argv.pop(1)
if way == "failing":
    with open(sys.argv.pop(1), "a") as starts:
        starts.write("started\n")
sys.argv.append("--fixed")


class Idle(teaching.Driver):
    runs = 0

    def hello(self, protocol, harness):
        hello = super().hello(protocol, harness)
        return {**hello, "commands": ["leave"]} if way == "only-leave" else hello

    def reset(self, cast, groups, policy):
        self.runs += 1
        return super().reset(cast, groups, policy)

    def apply(self, command):
        name = command["do"]
        if way == "only-leave" and name != "leave":
            os._exit(1)
        if way == "refusing":
            return {"decision": "deny", "because": "closed"}
        if way == "unsupported" or way == "lying" and name == "invite":
            raise teaching.Failed(1, f"{name} is not supported")
        if way == "failing" and self.runs > 2:
            raise teaching.Failed(5, "the pool of connections is empty")
        return super().apply(command)


teaching.Driver = Idle
teaching.main()
