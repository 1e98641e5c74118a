"""A driver all of whose words are hostile. Its first argument is the way in which it answers `apply`:

  deny   refuses, for a reason
  error  answers an error
  line   writes a line that is no answer
  exit   writes to its log and exits

`words.txt` in its folder is the hostile text, in which FIELD stands for the name of the field.
"""

import json
import os
import sys

way = sys.argv[1]
with open(os.path.join(os.path.dirname(__file__), "words.txt"), newline="") as file:
    words = file.read()


def hostile(field):
    return words.replace("FIELD", field + "-field")


def title(field):
    # The protocol allows no control characters in a name.
    return "".join(char for char in hostile(field) if ord(char) >= 160 or 32 <= ord(char) < 127)


def result(request):
    method = request["method"]
    if method == "hello":
        return {
            "protocol": 1,
            "name": title("name"),
            "version": title("version"),
            "commands": ["block", "direct"],
            "fidelity": "exact",
            "policy": None,
            "observes": [],
        }
    if method == "observe":
        return {}
    if method != "apply":
        return {}
    if way == "exit":
        sys.stderr.write(hostile("log"))
        sys.stderr.flush()
        os._exit(3)
    if way == "line":
        sys.stdout.write(hostile("line") + "\n")
    return {"decision": "deny", "because": hostile("because")}


for line in sys.stdin:
    request = json.loads(line)
    answer = {"jsonrpc": "2.0", "id": request["id"]}
    if way == "error" and request["method"] == "apply":
        answer["error"] = {"code": 5, "message": hostile("error")}
    else:
        answer["result"] = result(request)
    print(json.dumps(answer, ensure_ascii=way == "deny"), flush=True)
    if request["method"] == "bye":
        break
