"""Run `python receiver.py <port>`, with the secret in WEBHOOK_SECRET."""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])
seen: set[str] = set()  # of a real program: a table, as a restart forgets this


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            event = webhook.verify(content, dict(self.headers))
        except WebhookVerificationError:
            self.answer(400)
            return
        self.answer(204)
        event_id = self.headers["webhook-id"]
        if event_id not in seen:  # else it is the same event, sent again
            seen.add(event_id)
            print(json.dumps({"id": event_id, "type": event["type"], "data": event["data"]}), flush=True)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
