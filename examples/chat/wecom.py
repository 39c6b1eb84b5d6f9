"""Puts reminders into a group chat of WeCom (企业微信), by its robot.

Settings are in the environment: `WEBHOOK_SECRET` (`whsec_…`), `DAJIATAN_URL`,
`DAJIATAN_KEY` (`djt_…`),
`ROBOT_URL` (`https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…`).
"""

import os

from receiving import send, serve

MOST_BYTES = 4096
"""Of a message in Markdown."""


def post(_title: str, text: str) -> None:
    """Put a text into the chat."""
    cut = text.encode()[:MOST_BYTES].decode("utf-8", "ignore")
    send(os.environ["ROBOT_URL"], {"msgtype": "markdown", "markdown": {"content": cut}})


if __name__ == "__main__":
    serve(post)
