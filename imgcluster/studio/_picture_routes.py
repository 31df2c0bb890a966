"""What all tabs ask for: which picture is open, its pixels, another one, and presets for folders."""

from __future__ import annotations

from imgcluster import __version__
from imgcluster.studio._messages import Reply, Route, Wish, facts, uploaded_name
from imgcluster.studio._session import Session

UPLOAD = "picture/open"
"""The route that takes a file rather than JSON."""


def start(session: Session, wish: Wish) -> Reply:
    """Return what the page begins with."""
    return facts({"picture": session.first, "version": __version__})


def open_upload(session: Session, wish: Wish) -> Reply:
    """Open a picture that was dropped on the page; its name has no folder."""
    return facts({"picture": session.open(wish.body, uploaded_name(wish) or "picture")})


def pixels(session: Session, wish: Wish) -> Reply:
    """Return the pixels of a picture as they are shown."""
    picture = session.picture(wish.text("picture"))
    shown = picture.as_shown(picture.pixels)
    values = {
        "name": picture.name.encode(errors="backslashreplace").decode(),
        "stem": picture.stem.encode(errors="backslashreplace").decode(),
        "full": [picture.pixels.shape[1], picture.pixels.shape[0]],
        "width": shown.shape[1],
        "height": shown.shape[0],
        "channels": shown.shape[2],
        "step": picture.shown_step,
        "bytes": len(picture.content.getbuffer()),
        "animated": picture.is_animated,
    }
    return facts(values, shown.data.cast("B"))


ROUTES: dict[str, Route] = {"start": start, UPLOAD: open_upload, "picture/pixels": pixels}
