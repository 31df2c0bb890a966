"""A client of the studio that says exactly what it is told to say."""

import json
import os
import subprocess
from collections.abc import Callable
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

import pytest

from imgcluster.cli import app
from imgcluster.studio import Studio

Program = Callable[..., "subprocess.Popen[str]"]


def link_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def run_line(line: str) -> None:
    """Run a line as a shell reads it, in this process: a program's start takes longer than its work."""
    words = subprocess.run(["bash", "-c", f"printf '%s\\0' {line}"], check=True, capture_output=True).stdout
    name, *args = (os.fsdecode(word) for word in words.split(b"\0")[:-1])
    if name == "python3":
        assert args[0] == "-c"
        exec(args[1], {})
        return
    assert name == "imgcluster"
    with pytest.raises(SystemExit) as end:
        app.main(args)
    assert end.value.code in (None, 0)


class Visitor:
    """A client that says exactly what it is told to say."""

    def __init__(self, studio: Studio) -> None:
        self.host = f"127.0.0.1:{studio.port}"
        self.port = studio.port
        self.cookie = ""

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[HTTPResponse, bytes]:
        """Send a request, and return the answer with its body; a header of "" is left out."""
        said = {"Host": self.host, "Cookie": self.cookie, "Content-Type": "application/json"}
        said |= {"X-Imgcluster-Studio": "1"} if method == "POST" else {}
        said |= headers or {}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=300)
        connection.putrequest(method, path, skip_host=True)
        for name, value in said.items():
            if value:
                connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer, content

    def enter(self, link: str) -> int:
        """Open the link, and keep the cookie."""
        parts = urlsplit(link)
        answer, _ = self.ask("GET", f"{parts.path}?{parts.query}")
        self.cookie = (answer.headers.get("Set-Cookie") or "").partition(";")[0]
        return answer.status

    def wish(self, route: str, **fields: Any) -> tuple[int, bytes]:
        """Ask for something as the page does."""
        answer, content = self.ask("POST", f"/api/{route}", json.dumps(fields).encode())
        return answer.status, content

    def facts(self, route: str, **fields: Any) -> dict[str, Any]:
        """Return the JSON of an answer, with its parts."""
        status, content = self.wish(route, **fields)
        assert status == 200, content
        return unpacked(content)


def unpacked(content: bytes) -> dict[str, Any]:
    """Return the JSON of a reply, with the bytes behind it as its parts."""
    length = int.from_bytes(content[:4], "big")
    head: dict[str, Any] = json.loads(content[4 : 4 + length])
    at, parts = 4 + length, []
    for size in head["parts"]:
        parts.append(content[at : at + size])
        at += size
    assert at == len(content)
    return {**head, "parts": parts}
