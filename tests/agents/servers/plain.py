"""An MCP server in plain Python over standard input and output: starts in 30 ms, and misbehaves on demand.

Options: --noise (lines that are no messages), --silent (never answers), --die (ends at once), --stubborn
(ignores TERM), --tidy (notes TERM and the end of its input), --say TEXT (the description of `echo`), --only NAME
(offers just this tool), --http PORT (answers as event streams over HTTP instead). The variable NOTES names a file for
what tools do, LITTER one that is made at the start.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

parser = argparse.ArgumentParser()
for flag in ("noise", "silent", "die", "stubborn", "tidy"):
    parser.add_argument(f"--{flag}", action="store_true")
parser.add_argument("--http", type=int)
parser.add_argument("--say", default="Say the same.")
parser.add_argument("--only", default="")
parser.add_argument("--token", default="")
options = parser.parse_args()


def noted(word: str) -> None:
    """One line per effect, in the file that the environment names."""
    with Path(os.environ["NOTES"]).open("a") as notes:
        notes.write(f"{word}\n")


def wait_for(path: str) -> None:
    while not Path(path).exists():
        time.sleep(0.01)


def note(text: str) -> str:
    noted(text)
    return f"noted {text}"


def wait(text: str, path: str) -> str:
    noted(text)
    wait_for(path)
    return f"waited for {text}"


def crash() -> str:
    print("out of cheese", file=sys.stderr, flush=True)
    os._exit(3)


def hang() -> str:
    noted("hangs")
    while True:
        time.sleep(1)


def spawn() -> str:
    child = subprocess.Popen(["sleep", "600"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return str(child.pid)


def spawn_away() -> str:
    """A child that leaves the group and loses its environment, and a grandchild that loses its parent, too."""
    child = subprocess.Popen(["sleep", "600"], start_new_session=True, env={}, stdout=subprocess.DEVNULL)
    code = (
        "import subprocess as s\n"
        "print(s.Popen(['sleep', '601'], start_new_session=True, stdout=s.DEVNULL, stderr=s.DEVNULL).pid)"
    )
    orphan = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    return f"{child.pid} {orphan}"


def fail() -> str:
    raise ValueError("there is no such order")


READ_ONLY, IDEMPOTENT = {"readOnlyHint": True}, {"idempotentHint": True}
TOOLS: dict[str, Any] = {
    "echo": (lambda text: text if isinstance(text, str) else json.dumps(text), ["text"], READ_ONLY),
    "environment": (lambda: json.dumps(dict(os.environ)), [], READ_ONLY),
    "where": (lambda: str(Path.cwd()), [], READ_ONLY),
    "token": (lambda: options.token, [], READ_ONLY),
    "big": (lambda megabytes: "x" * int(float(megabytes) * 1024 * 1024), ["megabytes"], READ_ONLY),
    "note": (note, ["text"], {}),
    "put": (note, ["text"], IDEMPOTENT),
    "wait": (wait, ["text", "path"], {}),
    "wait_again": (wait, ["text", "path"], IDEMPOTENT),
    "crash": (crash, [], {}),
    "hang": (hang, [], {}),
    "spawn": (spawn, [], {}),
    "spawn_away": (spawn_away, [], {}),
    "fail": (fail, [], {}),
}


def tool_list() -> list[dict[str, object]]:
    return [
        {
            "name": name,
            "description": options.say if name == "echo" else f"Does {name}.",
            "inputSchema": {"type": "object", "properties": {each: {} for each in arguments}, "required": arguments},
            "annotations": annotations,
        }
        for name, (_, arguments, annotations) in TOOLS.items()
        if options.only in {"", name}
    ]


def called(name: str, arguments: Any) -> dict[str, object]:
    try:
        text, is_error = TOOLS[name][0](**arguments), False
    except ValueError as error:
        text, is_error = str(error), True
    return {"content": [{"type": "text", "text": text}], "isError": is_error}


def answer(method: str, parameters: Any) -> dict[str, object]:
    if method == "initialize":
        version = parameters["protocolVersion"]
        return {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": {"name": "p", "version": "1"}}
    if method == "tools/list":
        return {"tools": tool_list()}
    if method == "tools/call":
        return called(parameters["name"], parameters.get("arguments") or {})
    return {}


def say(line: str) -> None:
    if options.noise:
        print("INFO ready to serve\n\n{not json}", flush=True)
    print(line, flush=True)


class Streams(BaseHTTPRequestHandler):
    """Every answer is an event stream of one event, as those of older servers are."""

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if "id" not in message:
            self.send_response(202)
            self.send_header("content-length", "0")
            self.end_headers()
            return
        result = answer(message["method"], message.get("params") or {})
        event = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result})
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        self.wfile.write(f"event: message\ndata: {event}\n\n".encode())


def begin() -> None:
    """What is done, or goes wrong, before the first message."""
    if options.http:
        ThreadingHTTPServer(("127.0.0.1", options.http), Streams).serve_forever()
    if options.stubborn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if litter := os.environ.get("LITTER"):
        Path(litter).write_text("")
    if options.tidy:
        signal.signal(signal.SIGTERM, lambda *_: noted("terminated"))
    if options.die:
        print("cannot find my configuration", file=sys.stderr)
        sys.exit(4)
    if options.noise:
        print("welcome!", flush=True)


def main() -> None:
    begin()
    for line in sys.stdin:
        message = json.loads(line)
        if "id" in message and not options.silent:
            result = answer(message["method"], message.get("params") or {})
            say(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}))
    if options.tidy:
        noted("tidied up")
    while options.stubborn:
        time.sleep(1)


if __name__ == "__main__":
    main()
