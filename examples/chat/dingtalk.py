"""Puts reminders into a group chat of DingTalk (钉钉), by its robot with 加签.

Settings are in the environment: `WEBHOOK_SECRET` (`whsec_…`), `DAJIATAN_URL`,
`DAJIATAN_KEY` (`djt_…`),
`ROBOT_URL` (`https://oapi.dingtalk.com/robot/send?access_token=…`), `ROBOT_SECRET` (`SEC…`).
"""

import base64
import hashlib
import hmac
import os
import time
from urllib.parse import urlencode

from receiving import send, serve


def post(title: str, text: str) -> None:
    """Put a text into the chat, signed with the robot's own secret."""
    secret, stamp = os.environ["ROBOT_SECRET"], str(round(time.time() * 1000))
    mac = hmac.digest(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256)
    signed = urlencode({"timestamp": stamp, "sign": base64.b64encode(mac).decode()})
    message = {"msgtype": "markdown", "markdown": {"title": title, "text": text}}
    send(f"{os.environ['ROBOT_URL']}&{signed}", message)


if __name__ == "__main__":
    serve(post)
