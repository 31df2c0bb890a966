"""What surrounds every use of Pillow's decoders: whatever they raise becomes one error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from imgcluster.errors import ImageReadError
from imgcluster.picture._arrays import DepthError
from imgcluster.picture._pillow import lenient_pillow
from imgcluster.wording import is_of_loading, is_of_system, system_text


@contextmanager
def decoding(name: str) -> Iterator[None]:
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
        raise ImageReadError(
            name, f"damaged or of an unknown kind ({said(error)})", "get a fresh copy or convert it to PNG"
        ) from error


def said(error: BaseException) -> str:
    """Return the message of an exception in one line."""
    return " ".join(str(error).split()) or type(error).__name__
