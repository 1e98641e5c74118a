"""JSON-RPC 2.0, one message a line: requests in, answers out, in order.

It knows nothing of chats: what a method does is the caller's. The errors are those of JSON-RPC and of the
driver protocol.
"""

import json
import sys
import traceback

LONGEST_LINE = 1 << 20

NOT_SUPPORTED = 1
INDEFINITE = 2
FAILED = 3
NOT_JSON = -32700
NO_REQUEST = -32600
NO_METHOD = -32601
WRONG_PARAMS = -32602


class Error(Exception):
    """Becomes the error of an answer."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def serve(methods, requests, answers):
    """Answers each line until `bye` is answered or the input ends. `methods` maps names to functions of the
    params."""
    ended = False
    while not ended and (line := requests.readline(LONGEST_LINE + 1)):
        request, error = request_of(line, requests)
        outcome = {"error": error} if error else outcome_of(methods, request)
        message = {"jsonrpc": "2.0", "id": request.get("id"), **outcome}
        answers.write(json.dumps(message, ensure_ascii=False).encode() + b"\n")
        answers.flush()
        ended = request.get("method") == "bye" and "result" in outcome


def request_of(line, requests):
    """The request, and the error that it deserves before its method is looked at."""
    if len(line) > LONGEST_LINE:
        while line and not line.endswith(b"\n"):
            line = requests.readline(LONGEST_LINE)
        return {}, error_of(NO_REQUEST, f"the line is longer than {LONGEST_LINE} bytes")
    try:
        request = json.loads(line)
    except (ValueError, RecursionError) as error:
        return {}, error_of(NOT_JSON, f"the line is not JSON: {error}")
    if not isinstance(request, dict) or request.get("jsonrpc") != "2.0" or request.get("id") is None:
        return {}, error_of(NO_REQUEST, "a request is an object with `jsonrpc` \"2.0\", `id` and `method`")
    return request, None


def outcome_of(methods, request):
    """The result of the method, or the error. What nobody foresaw is told on standard error as well."""
    method, params = request.get("method"), request.get("params", {})
    if not isinstance(method, str) or method not in methods:
        return {"error": error_of(NO_METHOD, f"unknown method `{method}`; known are {', '.join(methods)}")}
    if not isinstance(params, dict):
        return {"error": error_of(WRONG_PARAMS, "`params` is not an object")}
    try:
        return {"result": methods[method](params)}
    except Error as error:
        return {"error": error_of(error.code, str(error))}
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        return {"error": error_of(FAILED, f"{type(error).__name__}: {error}")}


def error_of(code, message):
    return {"code": code, "message": message}
