"""Where each limit begins and what it says, and what decoding takes by what a header tells."""

import io
from typing import Any

import pytest
from _encoded import png
from PIL import Image

from imgcluster.errors import ImageReadError
from imgcluster.picture import _limits, limits, open_source
from imgcluster.picture._limits import MOST_FRAMES
from imgcluster.picture._memory import decoding_bytes


def _said(check: Any, *args: Any, **options: Any) -> str:
    with pytest.raises(ImageReadError) as caught:
        check("a.png", *args, **options)
    return str(caught.value).removeprefix("cannot read a.png: ")


def test_up_to_a_limit_all_is_allowed_and_beyond_it_the_way_out_is_named() -> None:
    allow = "allow more with max_pixels (--max-pixels)"
    with limits(max_pixels=60):
        for check in (_limits.check_size, _limits.check_pixels):
            check("a.png", (6, 10))
            check("a.png", (3, 2, 10))
            assert _said(check, (61, 1)) == f"it has 1 x 61 pixels, 61, more than the limit of 60; {allow}"
            assert _said(check, (3, 3, 7)) == f"it has 3 x 7 x 3 pixels, 63, more than the limit of 60; {allow}"
        one = "take one of them with frame (--frame)"
        _limits.check_frames("a.png", (6, 10), _limits.FRAMES_AT_ONCE)
        assert _said(_limits.check_frames, (6, 10), 17) == (
            f"its 17 frames of 10 x 6 have 1,020 pixels, more than the limit of 960; {allow}, or {one}"
        )
        _limits.check_frames("a.png", (0, 1), MOST_FRAMES)
        said = f"it has 65,537 frames, more than the limit of 65,536; {one}"
        assert _said(_limits.check_frames, (0, 1), MOST_FRAMES + 1) == said
    _limits.check_size("a.png", (1 << 15, 1 << 15))
    _limits.check_pixels("a.png", (1 << 20, 1 << 20))
    assert _said(_limits.check_size, (1 << 30, 2)).endswith(f"more than the limit of 1,073,741,824; {allow}")
    assert _said(_limits.check_size, (0, 5)) == "it has no pixels (5 x 0); get a fresh copy"


def test_memory_up_to_a_limit_is_allowed_and_beyond_it_the_way_out_is_named() -> None:
    with limits(max_memory=145_000_000):
        _limits.check_memory("a.png", (1000, 1000), 100)
        _limits.check_memory("a.png", (1000, 1000), 60, 40_000_000)
        said = "its 1000 x 1001 pixels need about 145 MB of memory, more than the limit of 145 MB"
        way_out = "allow more with max_memory (--max-memory 0.2G)"
        assert _said(_limits.check_memory, (1001, 1000), 100) == f"{said}; {way_out}"
        said = "its tiles of 2000 x 3000 pixels need about 1,245 MB of memory, more than the limit of 145 MB"
        found = _said(_limits.check_memory, (3000, 2000), 200, what="tiles", way_out="cut them")
        assert found == f"{said}; allow more with max_memory (--max-memory 1.3G), or cut them"
    _limits.check_memory("a.png", (1000, 1000), 1000)
    assert "1,074 MB" in _said(_limits.check_memory, (1100, 1000), 1000)
    with limits(max_memory=1):
        assert _limits.current_limits().elsewhere() == (None, 1 << 62)
        assert _limits.current_limits() == (None, 1)


@pytest.mark.parametrize(
    ("kind", "mode", "options", "expected"),
    [
        ("PNG", "1", {}, 1),
        ("PNG", "L", {}, 1),
        ("PNG", "P", {}, 1),
        ("PNG", "RGB", {}, 4),
        ("PNG", "I;16", {}, 2),
        ("TIFF", "F", {}, 4),
        ("JPEG", "L", {}, 1),
        ("JPEG", "RGB", {}, 4),
        ("JPEG", "L", {"progressive": True}, 1 + 2),
        ("JPEG", "RGB", {"progressive": True}, 4 + 3 * 2),
        ("JPEG", "CMYK", {"progressive": True}, 4 + 4 * 2),
        ("WEBP", "RGB", {}, 12),
        ("JPEG2000", "L", {}, 1 + 5.2),
        ("JPEG2000", "RGB", {}, 4 + 3 * 5.2),
        ("JPEG2000", "RGBA", {}, 4 + 4 * 5.2),
    ],
)
def test_what_decoding_takes_is_known_from_the_header(kind: str, mode: str, options: Any, expected: float) -> None:
    """Bytes a pixel at the peak, as measured; or those of the picture and of what is made of it, if these are more."""
    stream = io.BytesIO()
    Image.new(mode, (16, 16)).save(stream, kind, **options)
    with Image.open(stream) as image:
        assert decoding_bytes(image, 0) == pytest.approx(expected)
        stored = {"1": 1, "L": 1, "P": 1, "I;16": 2}.get(mode, 4)
        assert decoding_bytes(image, 100) == stored + 100
        assert decoding_bytes(image, 1) == pytest.approx(max(expected, stored + 1))


def test_colors_of_16_bits_take_twice_the_bytes() -> None:
    data = png(2, 1, 16, 2, [bytes(12)])
    with open_source(io.BytesIO(data)) as source:
        assert decoding_bytes(source._opened(), 0) == 8  # type: ignore[attr-defined]
