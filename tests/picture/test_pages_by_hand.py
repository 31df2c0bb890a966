"""Directories of TIFF and blocks of GIF, written byte by byte: every type of number, place and order."""

import io
import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imgcluster.picture import open_source
from imgcluster.picture._tiff_pages import byte_order_of, is_camera_raw, pictures_of, values_of

TYPES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 18: "Q"}  # TIFF 6.0, BigTIFF, SubIFDs


def tiff(pages: list[dict[int, tuple[int, list[int]]]], order: str = "<", big: bool = False, before: int = 0) -> bytes:
    """Return directories, one after another, with values that do not fit behind each."""
    count, entry, link = ("Q", "HHQ", "Q") if big else ("H", "HHI", "I")
    room = 8 if big else 4
    mark = b"II" if order == "<" else b"MM"
    head = mark + struct.pack(f"{order}HHHQ", 43, 8, 0, 16) if big else mark + struct.pack(f"{order}HI", 42, 8)
    data = bytearray(head)
    for number, tags in enumerate(pages):
        size = struct.calcsize(f"{order}{count}") + len(tags) * (struct.calcsize(f"{order}{entry}") + room)
        far = len(data) + size + struct.calcsize(f"{order}{link}")
        body, behind = struct.pack(f"{order}{count}", len(tags)), b""
        for code, (kind, values) in sorted(tags.items()):
            packed = struct.pack(f"{order}{len(values)}{TYPES.get(kind, 'B')}", *values)
            if len(packed) > room:
                place = struct.pack(f"{order}{'Q' if big else 'I'}", far + len(behind))
                behind += packed
                packed = place
            body += struct.pack(f"{order}{entry}", code, kind, len(values)) + packed.ljust(room, b"\0")
        after = far + len(behind) if number < len(pages) - 1 else 0
        data += body + struct.pack(f"{order}{link}", after) + behind
    return bytes(data)


def page(width: int, height: int, **tags: tuple[int, list[int]]) -> dict[int, tuple[int, list[int]]]:
    named = {int(name[1:]): value for name, value in tags.items()}
    return {256: (3, [width]), 257: (3, [height]), **named}


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("kind", TYPES)
def test_numbers_of_every_type_are_read(kind: int, order: str, big: bool) -> None:
    sizes = {256: (kind, [90]), 257: (kind, [60])}
    data = tiff([{**sizes, 254: (kind, [1])}, {**sizes, 273: (kind, [1, 2, 3, 4, 5])}], order, big)
    (found,) = pictures_of(io.BytesIO(data))
    assert found.place == (1,)  # the first one is a smaller copy
    assert found.size == (90, 60)
    assert values_of(found.tags, 273, ()) == (1, 2, 3, 4, 5)
    assert values_of(found.tags, 999, [7]) == (7,)
    assert byte_order_of(io.BytesIO(data)) == order


def test_other_types_are_only_there() -> None:
    (found,) = pictures_of(io.BytesIO(tiff([page(9, 6, _700=(7, [1, 2, 3]), _305=(2, [65, 0]))])))
    assert found.tags[700] == ()
    assert 305 not in found.tags


def test_the_stream_stays_where_it_was() -> None:
    stream = io.BytesIO(tiff([page(9, 6)]))
    for call in (pictures_of, is_camera_raw, byte_order_of):
        stream.seek(5)
        call(stream)
        assert stream.tell() == 5


@pytest.mark.parametrize(
    ("pages", "places"),
    [
        ([page(90, 60), page(90, 60)], [0, 1]),
        ([page(90, 60, _254=(4, [1])), page(90, 60, _254=(4, [4]))], [0]),  # the first if none is a picture
        ([page(90, 60, _254=(4, [2])), page(45, 30)], [0, 1]),  # a page of several is no copy
        ([page(45, 30), page(90, 60)], [1]),
        ([page(46, 30), page(90, 60)], [0, 1]),  # less than twice as large
        ([page(45, 30), page(91, 60)], [1]),  # sides are rounded
        ([page(45, 30), page(95, 63)], [1]),
        ([page(45, 30), page(90, 90)], [0, 1]),  # of another shape
        ([page(513, 30), page(1026, 60)], [0, 1]),  # not small
        ([page(512, 30), page(1024, 60)], [1]),
        ([page(45, 30), page(90, 60), page(180, 120)], [2]),
        ([page(90, 60, _255=(3, [2])), page(90, 60)], [1]),
        ([page(90, 60, _255=(3, [1])), page(90, 60, _255=(3, [3]))], [0, 1]),
    ],
)
def test_which_pages_are_pictures(pages: Any, places: list[int]) -> None:
    assert [found.place[0] for found in pictures_of(io.BytesIO(tiff(pages)))] == places


@pytest.mark.parametrize("data", [b"", b"II*\0", tiff([page(9, 6)])[:30], b"II*\0\x08\0\0\0\xff\xff"])
def test_of_a_damaged_directory_nothing_is_known(data: bytes) -> None:
    assert pictures_of(io.BytesIO(data)) == []
    assert not is_camera_raw(io.BytesIO(data))


def test_directories_in_a_circle_end() -> None:
    data = bytearray(tiff([page(9, 6), page(9, 6)]))
    struct.pack_into("<I", data, len(data) - 4, 8)
    assert len(pictures_of(io.BytesIO(bytes(data)))) == 2


@pytest.mark.parametrize(
    ("tag", "raw"), [((262, 32803), True), ((262, 34892), True), ((262, 2), False), ((50706, 1), True)]
)
def test_what_a_sensor_measured(tag: tuple[int, int], raw: bool) -> None:
    data = tiff([page(9, 6, **{f"_{tag[0]}": (3, [tag[1]])})])
    assert is_camera_raw(io.BytesIO(data)) == raw
    data = tiff([page(9, 6), page(9, 6, **{f"_{tag[0]}": (3, [tag[1]])})])
    assert not is_camera_raw(io.BytesIO(data))  # only the first page counts


def gif_blocks() -> tuple[bytes, list[bytes]]:
    """Return what comes before the frames of a GIF, and each frame with its control."""
    frames = [Image.fromarray(np.full((4, 6), value, np.uint8)) for value in (0, 1, 2)]
    for frame in frames:
        frame.putpalette([250, 0, 0, 0, 250, 0, 0, 0, 250])
    stream = io.BytesIO()
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:], duration=[100, 200, 300], loop=4, disposal=1)
    data = stream.getvalue()
    starts = [i for i in range(len(data)) if data[i : i + 3] == b"!\xf9\4"]
    return data[: starts[0]], [data[a:b] for a, b in zip(starts, [*starts[1:], len(data) - 1], strict=True)]


def shown(data: bytes) -> tuple[list[list[int]], Any]:
    with open_source(io.BytesIO(data)) as source:
        assert source.animation is not None
        colors = [source.read(frame=i).pixels[1, 1].tolist() for i in range(len(source.animation.durations))]
        return colors, source.animation


def test_frames_follow_each_other_whatever_stands_between() -> None:
    head, frames = gif_blocks()
    colors, animation = shown(head + b"".join(frames) + b";")
    assert colors == [[250, 0, 0], [0, 250, 0], [0, 0, 250]]
    comment = b"!\xfe\5hello\0"
    between = [b"\0", comment, b"!\xff\x0bXMP DataXMP\3abc\0", b"\0\0"]
    for block in between:
        other, same = shown(head + frames[0] + block + frames[1] + block + frames[2] + b";")
        assert other == colors
        assert same.durations == animation.durations
    assert shown(head + b"".join(frames))[0] == colors  # without an end
    assert shown(head + b"".join(frames) + b";rest")[0] == colors
