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

_UNKNOWN = re.compile(
    r"unsupported|unimplemented|not supported|unknown (BLP|PCX|pixel|mode|compression)", re.IGNORECASE
)
_CUT = re.compile(r"truncated|unexpected eof|requires a buffer|end of file|not enough|too short", re.I)


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
        return f"damaged or of an unknown kind ({text})", "get a fresh copy or convert it to PNG"
    title = format.title
    if _UNKNOWN.search(text):
        return f"it is damaged, or a variant of {title} that is not read ({text})", "convert it to PNG"
    if not format.sure and not name.lower().endswith((*format.endings, *format.also_read)):
        return f"it is not a picture of a known kind, or a damaged {title} ({text})", "get a fresh copy"
    if _CUT.search(text):
        return f"it is a damaged {title}, cut short ({text})", "get a fresh copy"
    return f"it is a damaged {title} ({text})", "get a fresh copy"


def said(error: BaseException) -> str:
    """Return the message of an exception in one line."""
    return " ".join(str(error).split()) or type(error).__name__
