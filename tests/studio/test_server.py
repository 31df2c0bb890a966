"""The server without a browser: who is let in, what is refused, and files equal to those of the commands."""

import socket
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _visitor import Visitor, run_line, unpacked
from numpy.typing import NDArray
from PIL import Image

from imgcluster.errors import ImageReadError
from imgcluster.palette import Palette, as_palette
from imgcluster.picture import limits
from imgcluster.studio import Studio
from imgcluster.superpixel import superpixels

Started = Callable[..., Studio]


def picture_of(visitor: Visitor) -> str:
    """Return the key of the picture that was named at the start."""
    return str(visitor.facts("start")["picture"])


# --- who is let in --------------------------------------------------------------------------------------------------


def test_the_link_lets_in_once(started: Started) -> None:
    studio = started()
    first, second = Visitor(studio), Visitor(studio)
    assert first.ask("GET", "/")[0].status == 403
    assert first.enter(studio.link.replace("token=", "token=x")) == 403
    link = studio.link
    assert first.enter(link) == 200
    assert second.enter(link) == 403
    assert first.ask("GET", "/")[0].status == 200
    assert second.ask("GET", "/")[0].status == 403


def test_the_cookie_is_for_this_server_alone(started: Started) -> None:
    studio = started()
    path = studio.link.removeprefix(f"http://127.0.0.1:{studio.port}")
    cookie = Visitor(studio).ask("GET", path)[0].headers["Set-Cookie"]
    assert str(studio.port) in cookie
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))


REFUSED = [
    ({"Host": "evil.example"}, 421),
    ({"Host": "localhost:1"}, 421),
    ({"Host": ""}, 421),
    ({"Cookie": ""}, 403),
    ({"Cookie": "imgcluster-studio=1"}, 403),
    ({"Origin": "https://evil.example"}, 403),
    ({"Origin": "null"}, 403),
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Sec-Fetch-Site": "same-site"}, 403),
]


@pytest.mark.parametrize(("headers", "status"), REFUSED)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_others_are_refused(visitor: Visitor, method: str, headers: dict[str, str], status: int) -> None:
    path, body = ("/", None) if method == "GET" else ("/api/start", b"{}")
    assert visitor.ask(method, path, body)[0].status == 200
    answer, content = visitor.ask(method, path, body, headers)
    assert answer.status == status
    assert content.count(b"\n") == 1


@pytest.mark.parametrize("headers", [{"X-Imgcluster-Studio": ""}, {"X-Imgcluster-Studio": "yes"}])
def test_a_form_of_another_page_cannot_post(visitor: Visitor, headers: dict[str, str]) -> None:
    assert visitor.ask("POST", "/api/start", b"{}", headers)[0].status == 403


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_only_json_is_taken(visitor: Visitor, kind: str) -> None:
    assert visitor.ask("POST", "/api/start", b"{}", {"Content-Type": kind})[0].status == 415


@pytest.mark.parametrize(("body", "status"), [(b"", 400), (b"[]", 400), (b"{", 400), (b"\xff", 400), (None, 413)])
def test_broken_requests_are_refused(visitor: Visitor, body: bytes | None, status: int) -> None:
    assert visitor.ask("POST", "/api/start", body)[0].status == status


@pytest.mark.parametrize("length", ["-1", "1e3", "99999999999", "x"])
def test_sizes_are_bounded(visitor: Visitor, length: str) -> None:
    assert visitor.ask("POST", "/api/start", None, {"Content-Length": length})[0].status == 413


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "HEAD"])
def test_other_methods_are_unknown(visitor: Visitor, method: str) -> None:
    assert visitor.ask(method, "/")[0].status == 501


PATHS = [
    "/photo.png",
    "/../photo.png",
    "/..%2f..%2fetc/passwd",
    "//etc/passwd",
    "/static/main.js",
    "/api/start",
    "/%00",
]


@pytest.mark.parametrize("path", PATHS)
def test_no_path_of_the_disk_can_be_read(visitor: Visitor, path: str) -> None:
    assert visitor.ask("GET", path)[0].status == 404


def test_every_reply_is_kept_in_its_place(visitor: Visitor) -> None:
    answers = [visitor.ask("GET", path)[0] for path in ("/", "/main.js", "/studio.css", "/none")]
    answers.append(visitor.ask("POST", "/api/start", b"{}")[0])
    answers.append(visitor.ask("GET", "/", None, {"Host": "evil.example"})[0])
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self';")
        assert "unsafe" not in policy
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"


def test_it_listens_on_this_machine_alone(started: Started) -> None:
    studio = started()
    own = socket.gethostbyname_ex(socket.gethostname())[2]
    for address in {*own, "127.0.0.2"} - {"127.0.0.1"}:
        with socket.socket() as probe:
            probe.settimeout(1)
            assert probe.connect_ex((address, studio.port)) != 0


# --- pictures -------------------------------------------------------------------------------------------------------


def uploaded(visitor: Visitor, data: bytes, name: str, route: str = "picture/open") -> tuple[int, bytes]:
    headers = {"Content-Type": "application/octet-stream", "X-Imgcluster-Name": name}
    answer, content = visitor.ask("POST", f"/api/{route}", data, headers)
    return answer.status, content


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("a.png", "a.png"),
        ("..%2F..%2Fetc%2Fpasswd", "passwd"),
        ("%3Cimg%20src%3Dx%3E.png", "<img src=x>.png"),
        ("%FF.png", "\\udcff.png"),
        ("a%00b.png", "ab.png"),
        ("..", "picture"),
        ("", "picture"),
        ("%1B%5B31m.png", "\x1b[31m.png"),
    ],
)
def test_the_name_of_an_upload_is_a_name(visitor: Visitor, photo: Path, sent: str, name: str) -> None:
    status, content = uploaded(visitor, photo.read_bytes(), sent)
    assert status == 200
    key = unpacked(content)["picture"]
    assert visitor.facts("picture/pixels", picture=key)["name"] == name
    assert visitor.facts("palette/lines", picture=key, parameters={})["command"].isprintable()


@pytest.mark.parametrize("ending", [".gpl", ".hex", ".json", ".css", ".aco", ".ase", ".act", ".pal", ".png"])
def test_colors_of_a_palette_file_of_any_kind(visitor: Visitor, photo: Path, ending: str) -> None:
    colors = ["#12ab34", "#000000", "#ff8001"]
    Palette(as_palette(",".join(colors)).colors).save(f"own{ending}")
    status, content = uploaded(visitor, Path(f"own{ending}").read_bytes(), f"OWN{ending.upper()}", "palette/open")
    assert status == 200
    assert unpacked(content)["colors"] == colors


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"12ab34\nwrong\n", "a%2Fb.hex", b"cannot read b.hex, line 2: "),
        (b"", "b.gpl", b"cannot read b.gpl, line 1: "),
        (b"wrong", "b.xyz", b"cannot read b.xyz: "),
        (b"".join(b"%06x\n" % i for i in range(257)), "b.hex", b"cannot read b.hex: it holds 257 colors, the page "),
        (b"wrong", "%1B%5B31m.gpl", b"cannot read '\\x1b[31m.gpl', line 1: "),
    ],
)
def test_what_is_no_palette_is_one_line(visitor: Visitor, data: bytes, name: str, said: bytes) -> None:
    status, content = uploaded(visitor, data, name, "palette/open")
    assert status == 422
    assert content.startswith(said)
    assert b"\n" not in content.strip()


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_is_one_line(visitor: Visitor, data: bytes) -> None:
    status, content = uploaded(visitor, data, "a.png")
    assert status == 422
    assert content.startswith(b"cannot read a.png: ")
    assert b"\n" not in content.strip()


def test_limits_hold_for_uploads(started: Started, photo: Path) -> None:
    with limits(max_pixels=1000):
        studio = started()
    visitor = Visitor(studio)
    visitor.enter(studio.link)
    status, content = uploaded(visitor, photo.read_bytes(), "large.png")
    assert status == 422
    assert b"more than the limit of 1,000" in content


def test_the_limit_of_memory_holds(photo: Path) -> None:
    with limits(max_memory=45_000_000), pytest.raises(ImageReadError, match="MB of memory, more than the limit"):
        Studio(str(photo))


def test_many_pixels_are_thinned_for_the_page(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    from imgcluster.studio import _session

    monkeypatch.setattr(_session, "SHOWN_PIXELS", 2000)
    picture = picture_of(visitor)
    found = visitor.facts("picture/pixels", picture=picture)
    assert (found["width"], found["height"], found["full"], found["step"]) == (43, 43, [128, 128], 3)
    assert len(visitor.facts("palette/exact", picture=picture, parameters={"n_colors": 4})["parts"][0]) == 43 * 43
    segments = visitor.facts("superpixels/exact", picture=picture, parameters={"n_segments": 9})
    assert len(segments["parts"][0]) == 2 * 43 * 43


@pytest.mark.exhaustive
def test_transparency_stays(visitor: Visitor, photo: Path) -> None:
    with Image.open(photo) as image:
        image.putalpha(Image.linear_gradient("L").resize(image.size))
        image.save("clear.png")
    key = unpacked(uploaded(visitor, Path("clear.png").read_bytes(), "clear.png")[1])["picture"]
    assert visitor.facts("picture/pixels", picture=key)["channels"] == 4
    assert any(len(color) == 9 for color in visitor.facts("palette/exact", picture=key, parameters={})["colors"])
    check_lines(visitor, "palette", picture=key, parameters={"n_colors": 9})
    status, content = visitor.wish("palette/draft", picture=key, parameters={"method": "gmm"})
    assert (status, content[:17]) == (422, b'method must be "k')


def test_limits_hold_for_the_photo(photo: Path) -> None:
    with limits(max_pixels=1000), pytest.raises(ImageReadError, match="more than the limit"):
        Studio(str(photo))


def test_pixels_are_those_of_the_picture(visitor: Visitor, photo: Path) -> None:
    found = visitor.facts("picture/pixels", picture=picture_of(visitor))
    (pixels,) = found["parts"]
    with Image.open(photo) as image:
        assert pixels == np.asarray(image).tobytes()
        assert (found["width"], found["height"]) == image.size


def test_only_so_many_pictures_stay_open(visitor: Visitor, photo: Path) -> None:
    keys = [unpacked(uploaded(visitor, photo.read_bytes(), f"{i}.png")[1])["picture"] for i in range(10)]
    assert visitor.wish("picture/pixels", picture=keys[-1])[0] == 200
    assert visitor.wish("picture/pixels", picture=picture_of(visitor))[0] == 200
    status, content = visitor.wish("picture/pixels", picture=keys[0])
    assert status == 422
    assert b"not open any more" in content


# --- palettes -------------------------------------------------------------------------------------------------------


WISHES: list[tuple[dict[str, Any], str]] = [
    ({"n_colors": 7}, "png"),
    ({"n_colors": 16, "dither": "floyd-steinberg", "dither_strength": 0.55, "color_space": "oklab"}, "gif"),
    ({"n_colors": 9, "effort": "fast", "lock": "#ff0000,#00ff80"}, "webp"),
    ({"n_colors": 9, "palette": "#000000,#ffffff,#c02020"}, "bmp"),
    ({"n_colors": 5, "method": "gmm"}, "tif"),
]


@pytest.mark.parametrize(("parameters", "format"), WISHES)
def test_the_lines_write_the_bytes_of_the_download(visitor: Visitor, parameters: dict[str, Any], format: str) -> None:
    wish = {"picture": picture_of(visitor), "parameters": parameters, "format": format}
    check_lines(visitor, "palette", **wish)
    data = visitor.wish("palette/download", **wish)[1]
    assert visitor.facts("palette/size", **wish)["bytes"] == len(data)


def test_the_exact_result_is_that_of_the_download(visitor: Visitor, photo: Path) -> None:
    wish = {"picture": picture_of(visitor), "parameters": {"n_colors": 6}}
    found = visitor.facts("palette/exact", **wish)
    indices, table = found["parts"]
    Path("down.png").write_bytes(visitor.wish("palette/download", **wish)[1])
    with Image.open("down.png") as image:
        expected = np.asarray(image.convert("RGB"))
    colors = np.frombuffer(table, np.uint8).reshape(-1, 4)[np.frombuffer(indices, np.uint8)]
    assert np.array_equal(colors[:, :3].reshape(expected.shape), expected)
    assert found["exact"]


def test_a_draft_says_what_it_is(visitor: Visitor) -> None:
    picture = picture_of(visitor)
    assert not visitor.facts("palette/draft", picture=picture, parameters={"n_colors": 6})["exact"]
    assert visitor.facts("palette/draft", picture=picture, parameters={"n_colors": 6, "effort": "fast"})["exact"]
    assert visitor.facts("palette/draft", picture=picture, parameters={"palette": "#000000,#ffffff"})["exact"]


def test_a_large_picture_has_a_small_draft(visitor: Visitor, astronaut: NDArray[np.uint8]) -> None:
    Image.fromarray(np.tile(astronaut, (3, 3, 1))).save("large.png", compress_level=1)
    key = unpacked(uploaded(visitor, Path("large.png").read_bytes(), "large.png")[1])["picture"]
    found = visitor.facts("palette/draft", picture=key, parameters={"n_colors": 4, "effort": "fast"})
    assert found["width"] * found["height"] <= 500_000
    assert not found["exact"]


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"n_colors": 0}, "n_colors must be between 1 and 65536, got 0"),
        ({"n_colors": "many"}, "n_colors"),
        ({"method": "x"}, "method must be"),
        ({"palette": "photo.png"}, "palette must be colors"),
        ({"lock": "/etc/passwd"}, "lock must be colors"),
        ({"lock": "#12"}, "#12"),
        ({"max_pixels": 1}, "parameters must be of"),
    ],
)
def test_wrong_parameters_are_one_line(visitor: Visitor, parameters: dict[str, Any], text: str) -> None:
    for route in ("palette/draft", "palette/exact", "palette/download"):
        status, content = visitor.wish(route, picture=picture_of(visitor), parameters=parameters)
        assert status == 422
        assert text in content.decode()
        assert b"\n" not in content.strip()
        assert b"Traceback" not in content


@pytest.mark.parametrize("format", ["gpl", "hex", "json", "css", "aco", "ase", "act", "pal", "png"])
def test_palettes_are_saved_in_every_format(visitor: Visitor, format: str) -> None:
    colors = "#102030,#ffffff,#c02020"
    status, data = visitor.wish("palette/save", colors=colors, format=format, name="mine")
    assert status == 200
    path = Path(f"mine.{format}")
    path.write_bytes(data)
    assert ",".join(Palette.read(path).hex) == colors


HOSTILE = [
    'it\'s a "photo" $(touch hacked) `touch hacked`.png',
    "-rf.png",
    "{name}{x}.png",
    "a;touch hacked;.png",
    "line\nend\u2028and\u202egpj\\n.png",
    "\x1b[31mred\t.png",
    "<img src=x onerror=alert(1)>.png",
    "not-utf8-\udcffa.png",
    "ü 文.png",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_quoted(started: Started, photo: Path, name: str) -> None:
    photo.rename(name)
    studio = started(name)
    visitor = Visitor(studio)
    visitor.enter(studio.link)
    lines = visitor.facts("palette/lines", picture=picture_of(visitor), parameters={"n_colors": 3})
    assert lines["command"].isprintable()
    check_lines(visitor, "superpixels", picture=picture_of(visitor), parameters={"n_segments": 3}, kind="coco")
    assert not Path("hacked").exists()


def test_metadata_goes_into_both_lines(visitor: Visitor, photo: Path) -> None:
    with Image.open(photo) as image:
        exif = image.getexif()
        exif[0x0131] = "a camera"
        image.save("tagged.jpg", exif=exif)
    status, content = uploaded(visitor, Path("tagged.jpg").read_bytes(), "tagged.jpg")
    assert status == 200
    key = unpacked(content)["picture"]
    check_lines(visitor, "palette", picture=key, parameters={"n_colors": 3})
    check_lines(visitor, "superpixels", picture=key, parameters={"n_segments": 3})
    lines = visitor.facts("superpixels/lines", picture=key, parameters={"n_segments": 3})
    assert "process_folder" in lines["python"]


def test_an_animation_is_written_whole(visitor: Visitor, photo: Path) -> None:
    with Image.open(photo) as image:
        image.save("moves.gif", save_all=True, append_images=[image.rotate(90)])
    key = unpacked(uploaded(visitor, Path("moves.gif").read_bytes(), "moves.gif")[1])["picture"]
    check_lines(visitor, "palette", picture=key, parameters={"n_colors": 3}, format="gif")


# --- superpixels ----------------------------------------------------------------------------------------------------

KINDS = ["picture", "mask", "labels", "labels-tif", "labels-npy", "geojson", "coco"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_lines_write_the_bytes_of_a_file_of_segments(visitor: Visitor, kind: str) -> None:
    parameters = {"n_segments": 30, "compactness": 4.5, "method": "slic"}
    wish = {"parameters": parameters, "merge": 9, "kind": kind, "style": "mosaic", "selected": [3, 1, 7]}
    check_lines(visitor, "superpixels", picture=picture_of(visitor), **wish)


@pytest.mark.parametrize(("style", "merge"), [("overlay", None), ("labels", 5), ("overlay", 100)])
def test_the_lines_write_every_style(visitor: Visitor, style: str, merge: int | None) -> None:
    wish = {"parameters": {"n_segments": 20}, "merge": merge, "style": style}
    check_lines(visitor, "superpixels", picture=picture_of(visitor), **wish)


@pytest.mark.filterwarnings("ignore::imgcluster.errors.LossWarning")  # which the call says, and the page
@pytest.mark.parametrize("style", ["overlay", "mosaic", "labels"])
@pytest.mark.parametrize("kind", ["alpha.png", "gray16.tif", "moves.gif", "photo.webp"])
def test_one_call_writes_a_picture_without_metadata(visitor: Visitor, photo: Path, kind: str, style: str) -> None:
    with Image.open(photo) as image:
        if kind == "alpha.png":
            image.putalpha(Image.linear_gradient("L").resize(image.size))
            image.save(kind)
        elif kind == "gray16.tif":
            Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257).save(kind)
        else:
            image.save(kind, save_all=kind == "moves.gif", append_images=[image.rotate(90)])
    key = unpacked(uploaded(visitor, Path(kind).read_bytes(), kind)[1])["picture"]
    wish = {"picture": key, "parameters": {"n_segments": 20}, "merge": 9, "style": style}
    check_lines(visitor, "superpixels", **wish)
    assert ").merge(9)." in visitor.facts("superpixels/lines", **wish)["python"]


def test_annotations_name_a_picture_in_another_folder(
    started: Started, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (photo.parent / "work").mkdir()
    monkeypatch.chdir("work")
    for name in ("../photo.png", str(Path("../photo.png").absolute())):
        studio = started(name)
        visitor = Visitor(studio)
        visitor.enter(studio.link)
        check_lines(visitor, "superpixels", picture=picture_of(visitor), parameters={"n_segments": 9}, kind="coco")


def check_lines(visitor: Visitor, tab: str, **wish: Any) -> None:
    """Check that both lines write the bytes that are downloaded."""
    status, data = visitor.wish(f"{tab}/download", **wish)
    assert status == 200, data
    lines = visitor.facts(f"{tab}/lines", **wish)
    written = Path(lines["name"])
    run_line(lines["command"])
    assert written.read_bytes() == data
    written.unlink()
    exec(lines["python"], {})
    assert written.read_bytes() == data
    written.unlink()


def test_the_page_has_what_it_takes_to_merge(visitor: Visitor, photo: Path) -> None:
    found = visitor.facts("superpixels/exact", picture=picture_of(visitor), parameters={"n_segments": 40})
    labels, merges, colors, areas = (
        np.frombuffer(part, kind) for part, kind in zip(found["parts"], ("u2", "u4", "u1", "u4"), strict=True)
    )
    expected = superpixels(photo, 40)
    assert np.array_equal(labels.reshape(expected.labels.shape), expected.labels)
    assert np.array_equal(merges.reshape(-1, 2), expected.merges)
    assert np.array_equal(areas, expected.areas)
    assert np.array_equal(colors.reshape(-1, 3)[labels].reshape(*expected.labels.shape, 3), expected.mosaic())
    # as static/merging.js does it
    root = np.arange(40)
    for a, b in expected.merges[:28]:
        root[b] = a
    for i in range(40):
        root[i] = root[root[i]]
    assert np.array_equal(np.unique(root, return_inverse=True)[1][labels], expected.merge(12).labels.reshape(-1))


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        ({"parameters": {"n_segments": 0}}, "n_segments must be at least 1"),
        ({"parameters": {"mask": "/etc/passwd"}}, "parameters must be of"),
        ({"parameters": {}, "merge": 0}, "merge must be at least 1, got 0"),
        ({"parameters": {}, "merge": "/x"}, "merge must be a whole number"),
        ({"parameters": {}, "kind": "../x"}, "kind must be one of"),
        ({"parameters": {}, "style": "none"}, "style must be one of"),
        ({"parameters": {}, "kind": "mask", "selected": ["a"]}, "selected must be"),
    ],
)
def test_wrong_wishes_of_segments_are_one_line(visitor: Visitor, wish: dict[str, Any], text: str) -> None:
    status, content = visitor.wish("superpixels/download", picture=picture_of(visitor), **wish)
    assert status == 422
    assert text in content.decode()
    assert b"\n" not in content.strip()


# --- presets --------------------------------------------------------------------------------------------------------


@pytest.mark.exhaustive
def test_a_preset_does_for_a_folder_what_is_set(visitor: Visitor, photo: Path) -> None:
    Path("imgcluster.toml").write_text("# mine\n[presets.web]\ncolors = 3\n\n[presets.studio-2]\ncolors = 4\n")
    Path("FOLDER").mkdir()
    photo.rename("FOLDER/photo.png")
    wish: dict[str, Any] = {"picture": picture_of(visitor)}
    wish["parameters"] = {"n_colors": 5, "dither": "ordered", "lock": "#ff0000"}
    line = visitor.facts("palette/preset", name="studio", **wish)["command"]
    run_line(line)
    assert Path("outputs/photo-quantized.png").read_bytes() == visitor.wish("palette/download", **wish)[1]
    wish |= {"parameters": {"n_segments": 30, "compactness": 3.5}, "merge": 7, "style": "mosaic"}
    run_line(visitor.facts("superpixels/preset", name="cells", **wish)["command"])
    assert Path("outputs/photo-superpixels.png").read_bytes() == visitor.wish("superpixels/download", **wish)[1]
    presets = tomllib.loads(Path("imgcluster.toml").read_text())["presets"]
    assert presets["web"] == {"colors": 3}
    assert presets["studio-2"] == {"colors": 4}
    assert presets["studio"] == {"colors": 5, "dither": "ordered", "lock": "#ff0000"}
    assert Path("imgcluster.toml").read_text().startswith("# mine\n")


def test_a_preset_is_replaced_only_on_demand(visitor: Visitor) -> None:
    wish: dict[str, Any] = {"picture": picture_of(visitor), "name": "web"}
    visitor.facts("palette/preset", parameters={"n_colors": 5}, **wish)
    visitor.facts("palette/preset", parameters={"n_colors": 7}, **{**wish, "name": "other"})
    status, content = visitor.wish("palette/preset", parameters={"n_colors": 6}, **wish)
    assert (status, b"choose another name, or replace it" in content) == (422, True)
    visitor.facts("palette/preset", parameters={"n_colors": 6}, replace=True, **wish)
    presets = tomllib.loads(Path("imgcluster.toml").read_text())["presets"]
    assert presets == {"web": {"colors": 6}, "other": {"colors": 7}}


ODD = [
    "[",
    "presets = 3\n",
    "[presets]\nweb = {colors = 3}\n",
    "presets.web.colors = 3\n",
    "[presets.web]\na = '''\n[x]\n'''\n",
]


@pytest.mark.parametrize("text", ODD)
def test_a_file_that_is_not_understood_is_left_alone(visitor: Visitor, text: str) -> None:
    Path("imgcluster.toml").write_text(text)
    wish = {"picture": picture_of(visitor), "parameters": {}, "name": "web", "replace": True}
    status, content = visitor.wish("palette/preset", **wish)
    assert status == 422
    assert b"imgcluster.toml" in content
    assert b"\n" not in content.strip()
    assert Path("imgcluster.toml").read_text() == text


@pytest.mark.parametrize("name", ["", "a b", "a.b", "../x", "a]\n[b", "-x", "x" * 41])
def test_the_name_of_a_preset_is_a_word(visitor: Visitor, name: str) -> None:
    status, content = visitor.wish("palette/preset", picture=picture_of(visitor), parameters={}, name=name)
    assert status == 422
    assert content.startswith(b"the name of a preset must be letters")
    assert not Path("imgcluster.toml").exists()
