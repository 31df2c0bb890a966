"""``quantize --web``: one word for a folder of a web site; names are kept, and nothing stops at odd files."""

from collections.abc import Callable
from pathlib import Path

import pytest
from _pictures import noise, saved
from click.testing import Result
from PIL import Image

Invoke = Callable[..., Result]


@pytest.fixture
def site(folder: Path) -> Path:
    """Files of one stem in several formats, as sites have them, and a photo that no PNG makes smaller."""
    cells = noise(4, 4).repeat(8, axis=0).repeat(8, axis=1)
    saved(Path("site/logo.png"), noise(32, 32) // 32 * 32)
    Image.fromarray(noise(64, 64, 1)).save("site/logo.jpg", quality=5)
    saved(Path("site/photo.bmp"), cells)
    saved(Path("site/sub/logo.png"), cells)
    return Path("site")


def test_pngs_keep_their_names_whatever_stands_beside_them(invoke: Invoke, site: Path) -> None:
    result = invoke("quantize", "site", "-r", "--web", "-d", "out")
    assert result.exit_code == 0, result.stderr
    found = sorted(path.relative_to("out").as_posix() for path in Path("out").rglob("[!.]*.*"))
    assert found == ["logo.jpg", "logo.png", "photo.png", "sub/logo.png"]
    assert Path("out/logo.jpg").read_bytes() == (site / "logo.jpg").read_bytes()


def test_a_second_run_finds_all_done(invoke: Invoke, site: Path) -> None:
    options = ("quantize", str(site), "-r", "--web", "-d", "out")
    invoke(*options)
    assert "done 0, skipped 4, failed 0" in invoke(*options).stderr


@pytest.mark.parametrize(
    ("options", "made"),
    [
        (("-o", "out/other.webp"), "out/other.webp"),
        (("--format", "webp", "-d", "out"), "out/photo.webp"),
        (("-d", "out"), "out/photo.png"),
    ],
)
def test_what_says_where_a_picture_goes_comes_before_names_that_are_kept(
    invoke: Invoke, site: Path, options: tuple[str, ...], made: str
) -> None:
    result = invoke("quantize", "site/photo.bmp", "--web", *options)
    assert result.exit_code == 0, result.stderr
    assert [path.as_posix() for path in Path("out").iterdir()] == [made]


def test_originals_may_be_replaced(invoke: Invoke, site: Path) -> None:
    before = Path("site/sub/logo.png").stat().st_size
    result = invoke("quantize", "site/sub/logo.png", "--web", "--in-place")
    assert result.exit_code == 0, result.stderr
    assert Path("site/sub/logo.png").stat().st_size < before
    assert not Path("outputs").exists()
