"""Receives webhooks of reminders, checks them, and hands each to the robot of a chat.

Nothing but Python's standard library. What a robot takes is in `wecom.py` and `dingtalk.py`.
"""

import base64
import hashlib
import hmac
import json
import os
import time
from collections import OrderedDict
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

TOLERANCE_SECONDS = 300
LARGEST_BODY = 64 * 1024
SECONDS = 5
STAGES = {"due_soon": "即将到期", "overdue": "已逾期", "escalated": "逾期已报上级"}

_sent: OrderedDict[str, None] = OrderedDict()
"""Messages that the chat has: a message may come twice."""


def serve(post: Callable[[str, str], None]) -> None:
    """Receive on `PORT`; `post` puts a title and a text in Markdown into the chat."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), LARGEST_BODY))
            status = receive(dict(self.headers.items()), body, post)
            self.send_response(status)
            if status == 503:
                self.send_header("Retry-After", "60")  # a robot takes 20 messages a minute
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Handler).serve_forever()


def receive(headers: dict[str, str], body: bytes, post: Callable[[str, str], None]) -> int:
    """Handle one webhook; return the status to answer with. Anything but 2xx is sent again."""
    headers = {name.lower(): value for name, value in headers.items()}
    if not is_genuine(headers, body, os.environ["WEBHOOK_SECRET"]):
        return 401
    message, number = json.loads(body), headers["webhook-id"]
    if message["type"] != "reminder.created" or number in _sent:
        return 204
    try:
        reminder = find_reminder(message["data"])
        if reminder is not None:  # settled since: nobody needs to be reminded
            post(*describe(reminder))
    except OSError:
        return 503
    _sent[number] = None
    while len(_sent) > 10_000:
        _sent.popitem(last=False)
    return 204


def is_genuine(headers: dict[str, str], body: bytes, secret: str) -> bool:
    """Return whether it comes from the service, and was sent just now (Standard Webhooks)."""
    number, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not stamp.isdecimal() or abs(time.time() - int(stamp)) > TOLERANCE_SECONDS:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.digest(key, f"{number}.{stamp}.".encode() + body, hashlib.sha256)
    wanted = "v1," + base64.b64encode(mac).decode()
    given = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(wanted, each) for each in given)


def find_reminder(told: dict[str, Any]) -> dict[str, Any] | None:
    """Read the reminder that a message tells of; None where it is no more."""
    query = urlencode({"org_id": told["org_id"], "limit": 200})
    request = Request(
        f"{os.environ['DAJIATAN_URL']}/v1/reminders?{query}",
        headers={"Authorization": f"Bearer {os.environ['DAJIATAN_KEY']}"},
    )
    with urlopen(request, timeout=SECONDS) as answer:
        rows = json.load(answer)["data"]
    return next((row for row in rows if row["id"] == told["id"]), None)


def describe(reminder: dict[str, Any]) -> tuple[str, str]:
    """Return the title and the text of a message."""
    stage = STAGES[reminder["stage"]]
    days = f"，逾期 {reminder['days_overdue']} 天" if reminder["days_overdue"] else ""
    lines = [
        f"**{stage}**：{reminder['title']}",
        f"> 责任组织：{reminder['org_name']}",
        f"> 时限：{reminder['due_on']}{days}",
    ]
    return stage, "\n\n".join(lines)


def send(url: str, message: dict[str, Any]) -> None:
    """Send a message to a robot; raises `OSError` where it does not take it."""
    request = Request(
        url, json.dumps(message).encode(), {"Content-Type": "application/json; charset=utf-8"}
    )
    with urlopen(request, timeout=SECONDS) as answer:
        said = json.load(answer)
    if said.get("errcode") != 0:  # robots refuse with status 200
        raise OSError(said.get("errmsg"))
