"""Pictures of every kind: what is shown and written is that of the download, and a way out is one of the page."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _studio_page import Page
from _visitor import Visitor, run_line
from numpy.typing import NDArray
from PIL import Image, ImageCms

from imgcluster.studio import Studio

Started = Callable[..., Studio]


def entered(started: Started, path: str) -> tuple[Visitor, str]:
    studio = started(path)
    visitor = Visitor(studio)
    visitor.enter(studio.link)
    return visitor, str(visitor.facts("start")["picture"])


def moving(path: str, photo: Path, *, is_clear: bool = False) -> str:
    """Write two frames that have few colors in common."""
    with Image.open(photo) as image:
        first = image.convert("RGBA")
        second = Image.merge("RGBA", [*image.rotate(90).split()[::-1], Image.new("L", image.size, 255)])
    if is_clear:
        first.putalpha(Image.linear_gradient("L").resize(first.size).point(lambda alpha: 255 * (alpha > 90)))
    first.save(path, save_all=True, append_images=[second], duration=80, lossless=True)
    return path


@pytest.mark.parametrize("ending", ["png", "webp", "gif"])
@pytest.mark.parametrize("is_clear", [False, True])
def test_the_first_frame_is_shown_as_it_is_written(
    started: Started, photo: Path, ending: str, *, is_clear: bool
) -> None:
    visitor, picture = entered(started, moving("moves.webp", photo, is_clear=is_clear))
    wish = {"picture": picture, "parameters": {"n_colors": 6}, "format": ending}
    assert not visitor.facts("palette/draft", **{**wish, "parameters": {"palette": "#ff0000,#00ff00"}})["exact"]
    found = visitor.facts("palette/exact", **wish)
    indices, table = (np.frombuffer(part, np.uint8) for part in found["parts"])
    Path("first").write_bytes(visitor.wish("palette/download", **wish)[1])
    with Image.open("first") as image:
        expected = np.asarray(image.convert("RGBA"))
        image.seek(1)
        other = {tuple(color) for color in np.asarray(image.convert("RGBA")).reshape(-1, 4).tolist()}
    shown = table.reshape(-1, 4)[indices].reshape(expected.shape)
    visible = expected[..., 3] > 0
    assert np.array_equal(shown[visible], expected[visible])
    assert np.array_equal(shown[..., 3], expected[..., 3])
    assert other <= {tuple(color) for color in table.reshape(-1, 4).tolist()} | {(0, 0, 0, 0)}
    assert len(found["colors"]) == len(table) // 4


def test_an_animation_takes_as_many_colors_as_the_page_has(started: Started, photo: Path) -> None:
    visitor, picture = entered(started, moving("moves.webp", photo, is_clear=True))
    colors = ",".join(f"#{shade:02x}{255 - shade:02x}40" for shade in range(256))
    for format in ("webp", "gif"):
        wish = {"picture": picture, "parameters": {"palette": colors}, "format": format}
        status, content = visitor.wish("palette/exact", **wish)
        written, _ = visitor.wish("palette/download", **wish)
        assert status == written
        assert (status == 200) == (format == "webp")
        assert status == 200 or b"for an indexed GIF, got 257; write lossless WebP instead" in content


def test_a_picture_with_a_profile_alone_has_the_same_bytes_by_both_lines(started: Started, photo: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    with Image.open(photo) as image:
        image.save("tagged.png", icc_profile=profile)
    visitor, picture = entered(started, "tagged.png")
    for tab in ("palette", "superpixels"):
        wish = {"picture": picture, "parameters": {}}
        lines, data = visitor.facts(f"{tab}/lines", **wish), visitor.wish(f"{tab}/download", **wish)[1]
        for run in (lambda: run_line(lines["command"]), lambda: exec(lines["python"], {})):  # noqa: B023
            Path(lines["name"]).unlink(missing_ok=True)
            run()
            assert Path(lines["name"]).read_bytes() == data


def test_what_cannot_be_written_is_said_without_a_folder_of_the_server(started: Started, photo: Path) -> None:
    visitor, picture = entered(started, moving("moves.webp", photo))
    status, content = visitor.wish("palette/download", picture=picture, parameters={}, format="bmp")
    assert status == 422
    assert content.startswith(b"cannot write moves-quantized.bmp: a BMP holds one picture")


def test_what_lost_its_depth_is_not_called_lossless(started: Started, photo: Path) -> None:
    gray: NDArray[np.uint16] = np.repeat(np.arange(8, dtype=np.uint16) * 8000 + 77, 32).reshape(16, 16)
    Image.fromarray(gray).save("deep.tif")
    visitor, picture = entered(started, "deep.tif")
    found = visitor.facts("palette/exact", picture=picture, parameters={})
    assert (found["lossless"], found["psnr"]) == (False, None)


@pytest.mark.exhaustive
def test_methods_that_transparency_rules_out_cannot_be_chosen(chromium: Any, started: Started, photo: Path) -> None:
    with Image.open(photo) as image:
        image.putalpha(Image.linear_gradient("L").resize(image.size))
        image.save("soft.png")
    page = Page(chromium, started(str(photo)).link)
    page.until_done()
    page.choose("Method", "gmm")
    page.until(lambda: "-m gmm" in page.text("#command"), "the method was not chosen")
    script = "return [...document.querySelector('#panel-palette select').options].map((option) => option.disabled)"
    assert page.browser.execute_script(script) == [False, False, False]
    page.open(Path("soft.png"))
    page.until(lambda: page.text("#name") == "soft.png", "it is not open")
    page.until_done()
    assert page.browser.execute_script(script) == [False, True, True]
    page.until(lambda: page.text("#command").startswith("imgcluster quantize soft.png -k 16 -o"), "it is not k-means")
    assert page.text("#note") == ""
    page.open(photo)
    page.until(lambda: page.text("#name") == "photo.png", "it is not open")
    assert page.browser.execute_script(script) == [False, False, False]
