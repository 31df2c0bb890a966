"""The studio as a program: its link, its end, and what cannot be started."""

import signal
import socket
import time
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from _visitor import Program, link_of

from imgcluster import studio


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_ctrl_c_ends_it_in_one_line(program: Program, photo: Path) -> None:
    process = program(str(photo), "--no-browser")
    link = link_of(process)
    with urlopen(link, timeout=300) as answer:
        assert answer.status == 200
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=300)
    assert (process.returncode, stdout) == (0, "")
    assert stderr.splitlines()[1:] == ["the studio has ended"]


def test_it_ends_while_a_tab_is_open(program: Program) -> None:
    process = program("--no-browser")
    link = link_of(process)
    port = int(link.split(":")[2].split("/")[0])
    with socket.create_connection(("127.0.0.1", port)):
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=300)
    assert process.returncode == 0
    assert "Traceback" not in stderr


def test_a_closed_tab_is_no_word(program: Program) -> None:
    process = program("--no-browser")
    port = int(link_of(process).split(":")[2].split("/")[0])
    for request in (b"", b"GET / HT", b"POST /api/start HTTP/1.1\r\nContent-Length: 9\r\n\r\n", b"\x16\x03\x01\x00"):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(request)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=300)
    assert len(stderr.splitlines()) == 2


def test_a_port_in_use_is_one_line(program: Program) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = program("--no-browser", "--port", str(port))
        stdout, stderr = process.communicate(timeout=300)
    assert (process.returncode, stdout) == (2, "")
    assert f"port {port}" in stderr
    assert "leave out --port" in stderr
    assert stderr.count("\n") == 1


def test_a_port_can_be_chosen(program: Program) -> None:
    port = free_port()
    assert link_of(program("--no-browser", "--port", str(port))).startswith(f"http://127.0.0.1:{port}/?token=")


def test_without_a_browser_the_link_is_printed(program: Program, tmp_path: Path) -> None:
    assert link_of(program(PATH=str(tmp_path), BROWSER="", DISPLAY="", WAYLAND_DISPLAY="")).startswith("http://127.")


def test_the_browser_gets_the_link(program: Program, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    browser = tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\necho \"$1\" > '{seen}.part' && mv '{seen}.part' '{seen}'\n")
    browser.chmod(0o755)
    program(BROWSER=f"{browser} %s")
    deadline = time.monotonic() + 300
    while not seen.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    with urlopen(seen.read_text().strip(), timeout=300) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("name", "text"), [("none.png", "no such file"), (".", "it is a folder"), ("bad.png", "bad.png")]
)
def test_a_photo_that_cannot_be_read_is_one_line(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.png").write_bytes(b"no picture")
    process = program(name, "--no-browser")
    stdout, stderr = process.communicate(timeout=300)
    assert (process.returncode, stdout) == (1, "")
    assert text in stderr
    assert stderr.count("\n") == 1


def test_a_huge_photo_is_one_line(program: Program, photo: Path) -> None:
    process = program(str(photo), "--no-browser", "--max-pixels", "1000")
    _, stderr = process.communicate(timeout=300)
    assert process.returncode == 1
    assert "more than the limit of 1,000" in stderr
    assert stderr.count("\n") == 1


def test_the_page_is_small() -> None:
    folder = Path(studio.__file__).parent / "static"
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 120_000


def test_the_page_asks_nobody_else() -> None:
    folder = Path(studio.__file__).parent / "static"
    for path in folder.iterdir():
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http:" not in text, path
        assert "https:" not in text, path


def test_the_page_is_in_wheels() -> None:
    import tomllib

    path = Path(__file__).resolve().parents[2] / "pyproject.toml"
    packages: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))["tool"]["setuptools"]["package-data"]
    assert packages["imgcluster.studio"] == ["static/*"]
