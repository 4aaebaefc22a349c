"""Calls of an ASGI app without a server: messages in, messages out."""

import asyncio
import json

from .apps import PATH


def scope_of(path=PATH, *, method="POST", headers=(), raw_path=None, **more):
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path}
    scope["headers"] = [(name.encode(), value.encode()) for name, value in headers]
    if raw_path is not None:
        scope["raw_path"] = raw_path.encode()
    return scope | more


def pieces(*parts):
    return [
        {"type": "http.request", "body": part, "more_body": place < len(parts)} for place, part in enumerate(parts, 1)
    ]


class Call:
    """One request.

    Attributes:
        sent: what the app sent.
        received: how many messages it took.
    """

    def __init__(self, app, scope, messages):
        self.sent = []
        self.received = 0
        self._messages = messages
        asyncio.run(asyncio.wait_for(app(scope, self._receive, self._send), 60))

    async def _receive(self):
        self.received += 1
        if self.received > len(self._messages):
            return {"type": "http.disconnect"}
        return self._messages[self.received - 1]

    async def _send(self, message):
        self.sent.append(message)

    @property
    def status(self):
        return self.sent[0]["status"]

    @property
    def headers(self):
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def body(self):
        return b"".join(message["body"] for message in self.sent[1:])

    @property
    def violations(self):
        answer = json.loads(self.body)
        assert answer["error"].splitlines()[1:]
        return [(violation["path"], violation["code"]) for violation in answer["violations"]]


def post(app, *parts, **scope):
    return Call(app, scope_of(**scope), pieces(*parts))
