"""What surrounds every use of Pillow's decoders: whatever they raise becomes one error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from imgcluster.errors import ImageReadError
from imgcluster.picture._arrays import DepthError
from imgcluster.picture._pillow import lenient_pillow
from imgcluster.picture.formats import Format
from imgcluster.wording import is_of_loading, is_of_system, system_text

# what decoders say, and what it means; the first that fits counts. Their own words are in the traceback (--debug)
_CUT = re.compile(r"truncated|unexpected eof|requires a buffer|end of file|not enough|too short", re.I)
_UNKNOWN = re.compile(
    r"unsupported|unimplemented|not supported|unknown (BLP|PCX|pixel|mode|compression)|unknown raw mode|"
    r"unable to determine J2K image mode",
    re.IGNORECASE,
)
_MEANT = (
    (re.compile(r"checksum", re.I), "a checksum in it is wrong"),
    (re.compile(r"dimensions|no pixels|tile size", re.I), "its width and height make no sense"),
    (re.compile(r"no more images|not found in GIF|holds no picture|no cursors", re.I), "it holds no picture"),
    (re.compile(r"frame", re.I), "its frames or pages do not fit together"),
    (re.compile(r"palette|colou?r map", re.I), "its palette makes no sense"),
    (re.compile(r"header|not a|not identified|no marker|maxval|box", re.I), "its header makes no sense"),
    (re.compile(r"decoder|data stream|overrun|load this|codec|IDAT", re.I), "its pixels cannot be decoded"),
)


@contextmanager
def decoding(name: str, format: Format | None = None) -> Iterator[None]:
    """Run Pillow, and turn whatever it raises on a bad picture into one ImageReadError."""
    try:
        with lenient_pillow():
            yield
    except ImageReadError:
        raise
    except DepthError as error:
        raise ImageReadError(name, error.problem, error.way_out) from error
    except MemoryError as error:
        raise ImageReadError(
            name,
            "not enough memory",
            "make the picture smaller, or store it as a TIFF for quantize_large, which reads band by band",
        ) from error
    except Exception as error:
        if is_of_loading(error):
            raise
        if is_of_system(error):
            raise ImageReadError(name, system_text(error), "check the device") from error
        # at least six classes, including SyntaxError, TypeError and struct.error
        raise ImageReadError(name, *problem_of(error, name, format)) from error


def problem_of(error: BaseException, name: str, format: Format | None) -> tuple[str, str]:
    """Return in words what a decoder means, and the way out: damaged, cut short, or of a variant that is not read."""
    text = said(error)
    if format is None:
        return f"it is damaged or of an unknown kind: {_meant(text)}", "get a fresh copy or convert it to PNG"
    title = format.title
    of_mode = next((cause for cause in (error, error.__cause__) if _is_of_mode(cause)), None)
    if format.name == "PSD" and of_mode is not None:
        bits = of_mode.args[0][1]
        problem = f"it has {bits} bits a channel" if bits > 8 else "its colors are of a mode that is not read"
        return problem, "save it as RGB of 8 bits, or as TIFF"
    if _UNKNOWN.search(text) or of_mode is not None:
        return f"it is damaged, or a variant of {title} that is not read", "convert it to PNG"
    if not format.sure and not name.lower().endswith((*format.endings, *format.also_read)):
        return f"it is not a picture of a known kind, or a damaged {title}", "get a fresh copy"
    if _CUT.search(text):
        return f"it is a damaged {title}, cut short", "get a fresh copy"
    return f"it is a damaged {title}: {_meant(text)}", "get a fresh copy"


def _is_of_mode(error: BaseException | None) -> bool:
    """Check whether a mode was looked up in vain: Pillow has tables of them by several numbers."""
    return isinstance(error, KeyError) and bool(error.args) and isinstance(error.args[0], tuple)


def _meant(text: str) -> str:
    """Return what a decoder means in plain words."""
    return next((meant for words, meant in _MEANT if words.search(text)), "what it holds makes no sense")


def said(error: BaseException) -> str:
    """Return the message of an exception in one line."""
    return " ".join(str(error).split()) or type(error).__name__
