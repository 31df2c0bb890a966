"""What goes between page and server: a wish as JSON, and a reply of JSON with bytes behind it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from imgcluster.studio._session import Session

_LONGEST_NAME = 255


@dataclass(frozen=True)
class Wish:
    """What the page asks for: the fields of its JSON, and the bytes of a file it sends instead."""

    fields: Mapping[str, Any]
    body: bytes = b""

    def text(self, name: str) -> str:
        """Return a field that must be a text."""
        value = self.fields.get(name)
        if not isinstance(value, str):
            raise ValueError(f"{name} must be a text, got {value!r}; reload the page")
        return value

    def whole(self, name: str) -> int:
        """Return a field that must be a whole number."""
        value = self.fields.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(f"{name} must be a whole number, got {value!r}; reload the page")
        return value

    def table(self, name: str) -> dict[str, Any]:
        """Return a field that must be a table, such as parameters."""
        value = self.fields.get(name)
        if not isinstance(value, dict):
            raise ValueError(f"{name} must be a table, got {value!r}; reload the page")
        return value


@dataclass(frozen=True)
class Reply:
    """What the server answers: a status, and a body of some type."""

    body: bytes = b""
    kind: str = "text/plain; charset=utf-8"
    status: HTTPStatus = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)


Route: TypeAlias = "Callable[[Session, Wish], Reply]"
"""What answers a wish; each tab has a table of them by name."""


def uploaded_name(wish: Wish) -> str:
    """Return the name of a file that the page sends, without a folder; empty if it has none."""
    name = Path(unquote_to_bytes(wish.text("name")).decode(errors="surrogateescape")).name
    name = name.replace("\0", "")[:_LONGEST_NAME]
    return name if name.strip(".") else ""


def facts(values: Mapping[str, Any], *parts: bytes | memoryview) -> Reply:
    """Return a reply of JSON, with parts behind it whose lengths it names: raw pixels need no encoding."""
    head = json.dumps({**values, "parts": [len(part) for part in parts]}).encode()
    return Reply(b"".join([len(head).to_bytes(4, "big"), head, *parts]), "application/octet-stream")


def refusal(status: HTTPStatus, text: str) -> Reply:
    """Return a reply that says in a line why there is no other."""
    return Reply(text.encode(errors="backslashreplace"), status=status)
