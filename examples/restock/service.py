"""The shop that the workflow looks after: what is in stock, and suppliers who take orders. Standard library only.

    python3 service.py [PORT]

Nothing is kept: it begins anew each time. It prints what it is asked.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PORT = 18347
STOCK = [
    {"name": "espresso beans", "count": 3, "least": 10},
    {"name": "paper filters", "count": 120, "least": 50},
    {"name": "hand grinder", "count": 0, "least": 2},
    {"name": "oat milk", "count": 4, "least": 12},
]
SOLD_OUT = {"hand grinder"}


class Shop(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/stock":
            self.answer(200, {"items": STOCK})
        else:
            self.answer(404, {"reason": f"there is nothing at {self.path}"})

    def do_POST(self) -> None:
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/orders":
            self.answer(404, {"reason": f"there is nothing at {self.path}"})
        elif order["item"] in SOLD_OUT:
            self.answer(409, {"reason": f"the supplier has no {order['item']} until spring"})
        else:
            self.answer(201, {"item": order["item"], "count": order["count"], "arrives": "in two days"})

    def answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def main() -> None:
    port = int(sys.argv[1]) if len(sys.argv) > 1 else PORT
    server = ThreadingHTTPServer(("127.0.0.1", port), Shop)
    print(f"the shop is open at http://127.0.0.1:{port}", file=sys.stderr, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
