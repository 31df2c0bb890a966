"""Who may ask: the one browser that was given the link, from the page that this server gave it."""

from __future__ import annotations

import secrets
import threading
from email.message import Message
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie

from imgcluster.studio._messages import Reply, refusal

HOST = "127.0.0.1"
HEADER = "X-Imgcluster-Studio"  # a page of another origin cannot send it without being asked first
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SAFE = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Headers of every reply: nothing is kept, framed, guessed or fetched from elsewhere."""

_ENTERING = (
    b'<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=/"><title>imgcluster</title>'
)


class Doorkeeper:
    """Lets in one browser by a token that works once, and after that by its cookie.

    Parameters
    ----------
    port : int
        Cookies are shared by all ports of a host, so that its name has the port.
    """

    def __init__(self, port: int) -> None:
        self._host, self._cookie = f"{HOST}:{port}", f"imgcluster-studio-{port}"
        self._token: str | None = secrets.token_urlsafe(32)
        self._key = secrets.token_urlsafe(32)
        self._lock = threading.Lock()

    @property
    def link(self) -> str:
        """The address that lets in whoever opens it first."""
        return f"http://{self._host}/?token={self._token}"

    def enter(self, token: str) -> Reply:
        """Exchange the token for a cookie."""
        with self._lock:
            if self._token is None or not secrets.compare_digest(token.encode(), self._token.encode()):
                return refusal(HTTPStatus.FORBIDDEN, "This link is wrong or was used before; start the studio again.\n")
            self._token = None
        # a reload rather than a redirect: a browser that came from another site sends the cookie only to the next page
        cookie = f"{self._cookie}={self._key}; Path=/; HttpOnly; SameSite=Strict"
        return Reply(_ENTERING, "text/html; charset=utf-8", headers={"Set-Cookie": cookie})

    def refuses(self, headers: Message, *, changes: bool, has_token: bool = False) -> Reply | None:
        """Return why a request is refused, None if it is not."""
        if headers.get_all("Host") != [self._host]:
            return refusal(HTTPStatus.MISDIRECTED_REQUEST, f"This server answers only for {self._host}.\n")
        if has_token and not changes:
            return None
        own = f"http://{self._host}"
        if headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none") or headers.get("Origin", own) != own:
            return refusal(HTTPStatus.FORBIDDEN, "Requests of other sites are refused.\n")
        if not self._knows(headers.get("Cookie", "")):
            way_out = "open the link that 'imgcluster studio' printed"
            return refusal(HTTPStatus.FORBIDDEN, f"This browser has no key to the studio; {way_out}.\n")
        if changes and headers.get(HEADER) != "1":
            return refusal(HTTPStatus.FORBIDDEN, "Only the page of the studio may ask for this.\n")
        return None

    def _knows(self, text: str) -> bool:
        try:
            found = SimpleCookie(text).get(self._cookie)
        except CookieError:
            return False
        return found is not None and secrets.compare_digest(found.value.encode(), self._key.encode())
