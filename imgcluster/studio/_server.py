"""The server: on the loopback alone, for one browser, with the pages of this package and the routes of the tabs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import Any
from urllib.parse import parse_qs, urlsplit

from imgcluster.picture import current_limits, limits
from imgcluster.studio import _palette_tab, _picture_routes, _points_tab, _superpixels_tab
from imgcluster.studio._doorkeeper import HOST, SAFE, Doorkeeper
from imgcluster.studio._messages import Reply, Route, Wish, refusal
from imgcluster.studio._session import Session
from imgcluster.tasks import reason_of

ROUTES: Mapping[str, Route] = {
    **_picture_routes.ROUTES,
    **_palette_tab.ROUTES,
    **_superpixels_tab.ROUTES,
    **_points_tab.ROUTES,
}
"""Every route of the page: a new tab adds its table here, and its module in static/main.js."""

_UPLOADS = (_picture_routes.UPLOAD, _palette_tab.UPLOAD)
_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_MOST_JSON, _MOST_UPLOAD = 4_000_000, 1_000_000_000
_PATIENCE = 60  # seconds for a request to arrive


class Studio:
    """A server of the studio, which answers while `serve` runs.

    Parameters
    ----------
    photo : str, optional
        The picture to begin with.
    port : int
        0 takes a free one.
    n_threads : int, optional
        Threads for each wish; by default as many as processors.

    Raises
    ------
    ImageReadError
        If the picture cannot be read.
    OSError
        If the port is in use.

    Examples
    --------
    >>> from imgcluster.studio import Studio
    >>> with Studio("examples/coffee.jpg") as studio:
    ...     studio.link.startswith("http://127.0.0.1:")
    True
    """

    def __init__(self, photo: str | None = None, *, port: int = 0, n_threads: int | None = None) -> None:
        self._session = Session(current_limits(), n_threads)
        if photo is not None:
            self._session.open_file(photo)
        self._server = _Server((HOST, port), _Handler, bind_and_activate=True)
        self._server.session = self._session
        self._server.doorkeeper = Doorkeeper(self._server.server_port)
        self._server.pages = _pages()

    @property
    def link(self) -> str:
        """The address that lets in the browser that opens it first."""
        return self._server.doorkeeper.link

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._server.server_port

    def serve(self) -> None:
        """Answer until `stop` is called on another thread, or an exception such as KeyboardInterrupt ends it."""
        self._server.serve_forever(poll_interval=0.2)

    def stop(self) -> None:
        """End `serve`."""
        self._server.shutdown()

    def __enter__(self) -> Studio:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    """A server whose connections end with it, and that says nothing of pages that were closed."""

    daemon_threads = True
    allow_reuse_address = True
    session: Session
    doorkeeper: Doorkeeper
    pages: dict[str, Reply]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a closed tab is no error, and others are answered."""


class _Handler(BaseHTTPRequestHandler):
    """One connection of a browser."""

    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = _PATIENCE

    def do_GET(self) -> None:
        """Answer with a file of the page, or let the browser in."""
        parts = urlsplit(self.path)
        token = parse_qs(parts.query).get("token", [""])[0] if parts.path == "/" else ""
        refused = self._refused(changes=False, has_token=bool(token))
        if refused is not None:
            self._send(refused)
        elif token:
            self._send(self.server.doorkeeper.enter(token))
        else:
            self._send(self.server.pages.get(parts.path) or refusal(HTTPStatus.NOT_FOUND, "There is no such page.\n"))

    def do_POST(self) -> None:
        """Do what the page asks for."""
        name = urlsplit(self.path).path.removeprefix("/api/")
        # what is refused is not read, and its connection ends
        self.close_connection = True
        refused = self._refused(changes=True)
        if refused is None and (name not in ROUTES or not self.path.startswith("/api/")):
            refused = refusal(HTTPStatus.NOT_FOUND, "There is no such wish; reload the page.\n")
        wish = None if refused is not None else self._wish(is_file=name in _UPLOADS)
        if isinstance(wish, Wish):
            self.close_connection = False
            self._send(_answer(partial(ROUTES[name], self.server.session, wish), self.server.session))
        else:
            self._send(wish or refused or refusal(HTTPStatus.BAD_REQUEST, "The request is broken.\n"))

    def _refused(self, *, changes: bool, has_token: bool = False) -> Reply | None:
        return self.server.doorkeeper.refuses(self.headers, changes=changes, has_token=has_token)

    def _wish(self, *, is_file: bool) -> Wish | Reply:
        """Read what the page sends, if it is of the right kind and size."""
        length, most = self.headers.get("Content-Length", ""), _MOST_UPLOAD if is_file else _MOST_JSON
        kind = "application/octet-stream" if is_file else "application/json"
        if self.headers.get_content_type() != kind:
            return refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"The request must be {kind}.\n")
        if not length.isdecimal() or int(length) > most:
            way_out = "name the file on the command line: imgcluster studio FILE" if is_file else "reload the page"
            return refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"More than {most:,} bytes; {way_out}.\n")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            return refusal(HTTPStatus.BAD_REQUEST, "The request ended too early.\n")
        if is_file:
            return Wish({"name": self.headers.get("X-Imgcluster-Name", "")}, body)
        try:
            fields = json.loads(body)
        except ValueError:
            fields = None
        return Wish(fields) if isinstance(fields, dict) else refusal(HTTPStatus.BAD_REQUEST, "That is no JSON.\n")

    def _send(self, reply: Reply) -> None:
        with suppress(ConnectionError, TimeoutError):
            self.send_response(reply.status)
            headers = {"Content-Type": reply.kind, "Content-Length": str(len(reply.body)), **SAFE, **reply.headers}
            if self.close_connection:
                headers["Connection"] = "close"
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing: what a page asks for is not the terminal's concern."""

    def version_string(self) -> str:
        """Return no versions."""
        return "imgcluster"


def _answer(work: partial[Reply], session: Session) -> Reply:
    """Do the work within the limits of the session; an error becomes its line."""
    try:
        with limits(*session.limits):
            return work()
    except Exception as error:
        return refusal(HTTPStatus.UNPROCESSABLE_ENTITY, _line_of(error))


def _line_of(error: Exception) -> str:
    """Return the line of an error as the commands print it."""
    return str(error) if hasattr(error, "without_name") else str(reason_of(error, ""))


def _pages() -> dict[str, Reply]:
    """Return the files of the page by their addresses: nothing else on the disk can be asked for."""
    found: dict[str, Reply] = {}
    for file in resources.files("imgcluster.studio").joinpath("static").iterdir():
        kind = _KINDS.get(f".{file.name.rpartition('.')[2]}")
        if kind is not None:
            found[f"/{file.name}"] = Reply(file.read_bytes(), f"{kind}; charset=utf-8")
    return {**found, "/": found["/index.html"]}
