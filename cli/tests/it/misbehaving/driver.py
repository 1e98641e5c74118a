"""A driver that misbehaves in one way, named by its first argument. The second argument marks the process. The mode
"stubborn" makes the file that a third one names when it hangs.

Around the misbehaviour is the teaching driver without its defect, so that whatever else it does conforms. What
happens "in the middle" happens at the 30th request. Each mode with the outcome that the harness has to come to:

  silent                    inconclusive  answers nothing from the start
  silent-after-hello        inconclusive  answers `hello` and nothing more
  silent-in-the-middle      inconclusive  stops answering
  half-a-line               inconclusive  writes half an answer and waits
  half-a-line-and-exit      inconclusive  writes half an answer and exits
  no-line-feed              inconclusive  writes up to 1 GiB without a line feed
  too-long-a-line           inconclusive  pads an answer to one byte more than 1 MiB
  longest-line              conforms      pads an answer to exactly 1 MiB
  blank-line                inconclusive  writes an empty line before an answer
  wrong-id                  inconclusive  answers with the next id
  text-id                   inconclusive  answers with the id as a string
  null-id                   inconclusive  answers with null as id
  no-id                     inconclusive  answers without an id
  out-of-order              inconclusive  answers two requests in the wrong order
  twice                     inconclusive  answers a request twice
  unasked                   inconclusive  answers before it is asked
  not-utf8                  inconclusive  answers with a byte that is not UTF-8
  not-json                  inconclusive  prints a warning to standard output
  not-an-object             inconclusive  answers with a list
  deep                      inconclusive  answers with 100,000 open brackets
  huge-number               inconclusive  answers with an id of a thousand digits
  nan                       inconclusive  answers with NaN as id
  no-version                inconclusive  answers without `jsonrpc`
  both                      inconclusive  answers with a result and an error
  neither                   inconclusive  answers with neither
  null-result               inconclusive  answers with null as result
  duplicate-field           inconclusive  answers with `decision` twice, allowing and refusing
  unknown-field             inconclusive  adds a field to a result
  unknown-decision          inconclusive  answers `maybe`
  unknown-receiver          inconclusive  delivers a message to somebody who is not in the cast
  repeated-receiver         inconclusive  names a receiver twice
  no-receivers              inconclusive  does not say to whom a message was delivered
  unknown-member            inconclusive  observes somebody who is not in the cast
  unknown-group             inconclusive  observes a group that `reset` did not name
  undeclared-part           inconclusive  observes what `hello` did not list
  missing-part              inconclusive  does not observe what `hello` listed
  exit                      inconclusive  exits in the middle with code 0
  exit-with-words           inconclusive  exits in the middle with code 3 and a message on standard error
  killed                    inconclusive  is killed by a signal in the middle
  stubborn                  inconclusive  stops answering and ignores SIGTERM, SIGINT and SIGHUP
  orphan                    inconclusive  starts a child that lives on, and exits
  loud                      conforms      floods standard error while it answers well
  loud-and-silent           inconclusive  floods standard error and stops answering
  garbage                   inconclusive  floods standard output with lines of garbage
  empty-objects             inconclusive  floods standard output with empty objects
  closed-output             inconclusive  closes its standard output and lives on
  closed-input              inconclusive  closes its standard input and lives on
  protocol-three            inconclusive  introduces itself with protocol 3
  unknown-command           inconclusive  introduces itself with a command that does not exist
  no-commands               inconclusive  introduces itself without any command
  no-hello                  inconclusive  answers `hello` with an error
  dripping                  inconclusive  writes an answer byte by byte, one every 0.2 s
  stays-after-bye           conforms      answers `bye` and does not exit
  silent-bye                conforms      does not answer `bye`
  slow-bye                  conforms      answers `bye` and exits after six seconds
  loud-bye                  conforms      answers `bye`, ignores SIGTERM and floods standard output
  stubborn-and-loud         inconclusive  floods standard output with garbage and ignores SIGTERM
  no-reset                  inconclusive  answers `reset` with an error
  indefinite                inconclusive  answers every command with code 2
  failing                   inconclusive  answers some commands with code 5
  unobservable              inconclusive  allows a command and answers the `observe` after it with an error
  denying                   finding       carries commands out and says that it refused them
  unstable                  unstable      lets anybody in, in every third history
  dies-with-a-finding       finding       has the defect, and is killed after 250 requests
"""

import json
import os
import signal
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../../drivers/python"))

import driver as teaching  # noqa: E402

MIDDLE = 30


class Right(teaching.Driver):
    """The teaching driver without its defect, unless a mode wants it."""

    histories = 0
    fixed = True

    def reset(self, cast, groups, policy):
        self.histories += 1
        self.chat = teaching.Chat(cast, self.fixed)
        return {}


def write(data, stream=1):
    """Writes all of it. Once nobody reads any more, there is nothing left to do."""
    try:
        while data:
            data = data[os.write(stream, data):]
    except (BrokenPipeError, OSError):
        os._exit(0)


def line(message):
    return json.dumps(message).encode() + b"\n"


def hang():
    while True:
        time.sleep(1000)


def flood(chunk, stream=1):
    while True:
        write(chunk * 1000, stream)


def edited(reply, **fields):
    """The answer with other fields in its frame; those that are None are left out."""
    return line({name: value for name, value in {**reply, **fields}.items() if value is not None})


def with_result(reply, **fields):
    result = {**reply["result"], **fields}
    return line({**reply, "result": {name: value for name, value in result.items() if value is not None}})


def error(reply, code, message):
    return line({"jsonrpc": "2.0", "id": reply["id"], "error": {"code": code, "message": message}})


def padded(reply, length):
    return line(reply)[:-1].ljust(length) + b"\n"


def is_allowed_message(request, reply):
    result = reply.get("result", {})
    return "delivered" in result and result["delivered"] != []


def shows_a_group(request, reply):
    return bool(reply.get("result", {}).get("groups"))


def is_apply(request, reply):
    return request["method"] == "apply"


def is_observe(request, reply):
    return request["method"] == "observe"


def is_allowed(request, reply):
    return reply.get("result", {}).get("decision") == "allow"


def is_hello(request, reply):
    return request["method"] == "hello"


def is_bye(request, reply):
    return request["method"] == "bye"


def anything(request, reply):
    return True


def leave(code, words=b""):
    write(words, 2)
    os._exit(code)


def kill():
    os.kill(os.getpid(), signal.SIGKILL)
    hang()


def ignore_signals():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def be_stubborn():
    ignore_signals()
    if len(sys.argv) > 3:
        open(sys.argv[3], "w").close()
    hang()


def leave_an_orphan():
    if os.fork() == 0:
        hang()
    os._exit(0)


def close_and_hang(stream):
    os.close(stream)
    hang()


def drip(data):
    for byte in data:
        write(bytes([byte]))
        time.sleep(0.2)
    return b""


def two_decisions(reply):
    return line(reply).replace(b'{"decision"', b'{"decision": "deny", "decision"')


def group_of(reply, **fields):
    first, *others = reply["result"]["groups"]
    group = {name: value for name, value in {**first, **fields}.items() if value is not None}
    return with_result(reply, groups=[group, *others])


# At the first request from the middle on for which the test holds: what is written in place of the answer.
ONCE = {
    "silent-in-the-middle": (anything, lambda r: hang()),
    "half-a-line": (anything, lambda r: write(line(r)[:20]) or hang()),
    "half-a-line-and-exit": (anything, lambda r: write(line(r)[:20]) or leave(0)),
    "no-line-feed": (anything, lambda r: [write(b"x" * (1 << 20)) for _ in range(1 << 10)] and hang()),
    "too-long-a-line": (anything, lambda r: padded(r, (1 << 20) + 1)),
    "longest-line": (anything, lambda r: padded(r, 1 << 20)),
    "blank-line": (anything, lambda r: b"\n" + line(r)),
    "wrong-id": (anything, lambda r: edited(r, id=r["id"] + 1)),
    "text-id": (anything, lambda r: edited(r, id=str(r["id"]))),
    "null-id": (anything, lambda r: line({**r, "id": None})),
    "no-id": (anything, lambda r: edited(r, id=None)),
    "twice": (anything, lambda r: line(r) * 2),
    "not-utf8": (anything, lambda r: line(r).replace(b'"2.0"', b'"2.\xff"')),
    "not-json": (anything, lambda r: b"warning: the cache is cold\n" + line(r)),
    "not-an-object": (anything, lambda r: line([r])),
    "deep": (anything, lambda r: b"[" * 100_000 + b"\n"),
    "huge-number": (anything, lambda r: line(r).replace(b'"id": ', b'"id": ' + b"9" * 1000)),
    "nan": (anything, lambda r: edited(r, id=float("nan"))),
    "no-version": (anything, lambda r: edited(r, jsonrpc=None)),
    "both": (anything, lambda r: edited(r, error={"code": 5, "message": "and an error"})),
    "neither": (anything, lambda r: edited(r, result=None)),
    "null-result": (anything, lambda r: line({**r, "result": None})),
    "duplicate-field": (is_apply, two_decisions),
    "unknown-field": (anything, lambda r: with_result(r, remark="hm")),
    "unknown-decision": (is_apply, lambda r: with_result(r, decision="maybe")),
    "unknown-receiver": (is_allowed_message, lambda r: with_result(r, delivered=["zac"])),
    "repeated-receiver": (is_allowed_message,
                          lambda r: with_result(r, delivered=r["result"]["delivered"] * 2)),
    "no-receivers": (is_allowed_message, lambda r: with_result(r, delivered=None)),
    "unknown-member": (shows_a_group, lambda r: group_of(r, members=["zac"])),
    "unknown-group": (shows_a_group, lambda r: group_of(r, name="g9")),
    "undeclared-part": (shows_a_group, lambda r: group_of(r, link="closed")),
    "missing-part": (shows_a_group, lambda r: group_of(r, phase=None)),
    "exit": (anything, lambda r: leave(0)),
    "exit-with-words": (anything, lambda r: leave(3, b"the database is on fire\n")),
    "killed": (anything, lambda r: kill()),
    "stubborn": (anything, lambda r: be_stubborn()),
    "orphan": (anything, lambda r: leave_an_orphan()),
    "loud-and-silent": (anything, lambda r: flood(b"oh no\n", 2)),
    "garbage": (anything, lambda r: flood(b"garbage\n")),
    "empty-objects": (anything, lambda r: flood(b"{}\n")),
    "closed-output": (anything, lambda r: close_and_hang(1)),
    "closed-input": (anything, lambda r: close_and_hang(0)),
    "dripping": (anything, lambda r: drip(line(r))),
}

# At every request for which the test holds: what is written in place of the answer.
ALWAYS = {
    "silent": (anything, lambda r: hang()),
    "protocol-three": (is_hello, lambda r: with_result(r, protocol=3)),
    "unknown-command": (is_hello, lambda r: with_result(r, commands=["approve", "inviet"])),
    "no-commands": (is_hello, lambda r: with_result(r, commands=[])),
    "no-hello": (is_hello, lambda r: error(r, -32603, "no configuration")),
    "silent-after-hello": (lambda q, r: not is_hello(q, r), lambda r: hang()),
    "stays-after-bye": (is_bye, lambda r: write(line(r)) or hang()),
    "silent-bye": (is_bye, lambda r: hang()),
    "slow-bye": (is_bye, lambda r: write(line(r)) or time.sleep(6) or b""),
    "loud-bye": (is_bye, lambda r: write(line(r)) or ignore_signals() or flood(b"and another thing\n")),
    "stubborn-and-loud": (anything, lambda r: ignore_signals() or flood(b"no\n")),
    "no-reset": (lambda q, r: q["method"] == "reset", lambda r: error(r, 5, "the tables are locked")),
    "indefinite": (is_apply, lambda r: error(r, 2, "no reply from the gateway")),
    "failing": (lambda q, r: is_apply(q, r) and q["params"]["command"]["do"] == "create",
                lambda r: error(r, 5, "null pointer")),
    "loud": (anything, lambda r: write(b"all is well\n" * 1000, 2) or line(r)),
}


def out_of_order(state, request, reply):
    """Holds one answer back until the next request. Where none comes without it, this is silence."""
    if state["count"] == MIDDLE:
        state["held"] = line(reply)
        return b""
    return line(reply) + state.pop("held", b"")


def unobservable(state, request, reply):
    if is_allowed(request, reply):
        state["allowed"] = True
    elif is_observe(request, reply) and state.pop("allowed", False):
        return error(reply, 5, "the replica is gone")
    return line(reply)


def denying(state, request, reply):
    if state["count"] < MIDDLE or not is_allowed(request, reply):
        return line(reply)
    return line({**reply, "result": {"decision": "deny", "because": "so it says"}})


def unstable(state, request, reply):
    # The history that is about to begin; the answer to this reset is right.
    state["driver"].fixed = (state["driver"].histories + 1) % 3 != 0
    return line(reply)


def dies_with_a_finding(state, request, reply):
    state["driver"].fixed = False
    if state["count"] > 250:
        kill()
    return line(reply)


# What needs a memory.
FOLLOWING = {
    "out-of-order": out_of_order,
    "unasked": lambda state, request, reply: line(reply),
    "unobservable": unobservable,
    "denying": denying,
    "unstable": unstable,
    "dies-with-a-finding": dies_with_a_finding,
}


def written(mode, state, request, reply):
    """What this mode writes in place of the right answer."""
    if mode in FOLLOWING:
        return FOLLOWING[mode](state, request, reply)
    test, act = ONCE[mode] if mode in ONCE else ALWAYS[mode]
    ready = mode in ALWAYS or (state["count"] >= MIDDLE and not state["done"])
    if ready and test(request, reply):
        state["done"] = True
        return act(reply)
    return line(reply)


def main():
    mode = sys.argv[1]
    write(line({"jsonrpc": "2.0", "id": 0, "result": {}}) if mode == "unasked" else b"")
    driver = Right()
    state = {"count": 0, "done": False, "driver": driver}
    for text in sys.stdin.buffer:
        request = json.loads(text)
        state["count"] += 1
        reply = {"jsonrpc": "2.0", "id": request["id"], "result": teaching.result(driver, request)}
        write(written(mode, state, request, reply))
        if driver.done:
            break


if __name__ == "__main__":
    main()
