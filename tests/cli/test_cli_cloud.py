"""Commands on folders by URL."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from imgcluster import files as storage

memory = pytest.importorskip(
    "fsspec.implementations.memory", reason="needs fsspec: pip install 'imgcluster[cloud]'"
).MemoryFileSystem


@pytest.fixture
def cloud(photo: Path) -> str:
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]
    for name in ("a.png", "sub/b.png"):
        storage.upload(str(photo), f"memory://in/{name}")
    return "memory://in"


def contents(url: str) -> Any:
    return {name for name, _ in storage.listing(url, recursive=True) if not name.startswith(".")}


@pytest.mark.parametrize(
    ("command", "ending"),
    [
        (("quantize", "-k", "4"), "quantized"),
        (("superpixels", "-n", "4"), "superpixels"),
        (("segment", "-k", "2"), "segments"),
    ],
)
def test_folders_by_url_are_done_once(
    invoke: Callable[..., Result], cloud: Any, command: tuple[str, str, str], ending: str
) -> None:
    args = (*command, cloud, "-r", "-d", "memory://out/")
    first = invoke(*args)
    assert (first.exit_code, first.stdout) == (0, ""), first.stderr
    assert contents("memory://out") == {f"a-{ending}.png", f"sub/b-{ending}.png"}
    assert f"memory://in/a.png -> memory://out/a-{ending}.png" in first.stderr
    second = invoke(*args)
    assert second.exit_code == 0
    assert "done 0, skipped 2, failed 0" in second.stderr


def test_a_single_picture_up_and_down(invoke: Callable[..., Result], cloud: Any, photo: Path, folder: Path) -> None:
    assert invoke("quantize", "photo.png", "-k", "4", "-d", "memory://up").exit_code == 0
    assert contents("memory://up") == {"photo-quantized.png"}
    result = invoke("quantize", f"{cloud}/a.png", "-k", "4", "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["input"] == "memory://in/a.png"
    assert (folder / "outputs" / "a-quantized.png").read_bytes() == storage.read_bytes(
        "memory://up/photo-quantized.png"
    )
    assert {path.name for path in folder.iterdir()} == {"photo.png", "outputs"}


def test_a_plan_a_list_a_manifest_and_a_report(invoke: Callable[..., Result], cloud: Any, folder: Path) -> None:
    (folder / "list").write_text(f"{cloud}/sub/b.png\nphoto.png\n")
    planned = invoke("quantize", "--files-from", "list", "-d", "memory://out", "-P")
    assert planned.stdout.splitlines() == [
        "make   memory://in/sub/b.png -> memory://out/in/sub/b-quantized.png",
        "make   photo.png -> memory://out/photo-quantized.png",
    ]
    files = ("--manifest", "run.jsonl", "--report", "run.html")
    done = invoke("quantize", "--files-from", "list", "-d", "memory://out", "-k", "4", *files)
    assert done.exit_code == 0, done.stderr
    assert {row["status"] for row in map(json.loads, (folder / "run.jsonl").read_text().splitlines())} == {"done"}
    assert (folder / "run.html").read_text().count("data:image/webp") >= 4


def test_a_palette_of_a_folder(invoke: Callable[..., Result], cloud: Any, folder: Path) -> None:
    result = invoke("palette", "build", cloud, "photo.png", "-r", "-k", "4", "-o", "all.gpl")
    assert result.exit_code == 0, result.stderr
    assert "3 pictures -> all.gpl" in result.stderr


def test_nothing_there(invoke: Callable[..., Result], cloud: Any) -> None:
    missing = invoke("quantize", "memory://none", "-d", "memory://out")
    assert missing.exit_code == 1
    assert "memory://none: no such file; check the name" in missing.stderr
    storage.write("memory://empty/notes.txt", b"")
    empty = invoke("quantize", "memory://empty", "-d", "memory://out")
    assert (empty.exit_code, empty.stderr.splitlines()[-1]) == (
        3,
        "imgcluster: error: no pictures in memory://empty; -r looks into subfolders",
    )


@pytest.mark.parametrize(
    "args",
    [
        ("quantize", "photo.png", "-o", "memory://x.png"),
        ("quantize", "photo.png", "--palette", "memory://x.gpl"),
        ("quantize", "photo.png", "--soft-masks", "memory://masks"),
        ("quantize", "memory://in", "--manifest", "memory://x.jsonl"),
        ("quantize", "memory://in", "--report", "s3://b/x.html"),
        ("quantize", "--files-from", "s3://b/list"),
        ("superpixels", "photo.png", "--labels", "memory://x.npy"),
        ("palette", "build", "memory://in", "-o", "memory://x.gpl"),
        ("plot", "photo.png", "-d", "memory://x"),
    ],
)
def test_other_files_are_of_this_machine(
    invoke: Callable[..., Result], cloud: Any, args: tuple[Any, ...], folder: Path
) -> None:
    result = invoke(*args)
    assert result.exit_code == 2
    assert "it must be on this machine, got " in result.stderr
    assert "copy it there or from there" in result.stderr
    assert {path.name for path in folder.iterdir()} == {"photo.png"}


@pytest.mark.parametrize("option", [("-o", "x.png"), ("--soft-masks", "masks")])
def test_options_for_single_pictures_are_rejected(
    invoke: Callable[..., Result], cloud: str, option: tuple[str, str]
) -> None:
    result = invoke("quantize", cloud, *option)
    assert result.exit_code == 2
    assert "is for single pictures" in result.stderr


def test_memory_takes_no_timeout(invoke: Callable[..., Result], cloud: Any) -> None:
    result = invoke("quantize", cloud, "-d", "memory://out", "--timeout", "5")
    assert result.exit_code == 1
    assert "timeout is for worker processes, which cannot see memory://out; leave it out" in result.stderr


def test_a_missing_package_is_one_line(run: Any, folder: Path) -> None:
    (folder / "site").mkdir()
    (folder / "site" / "fsspec.py").write_text("raise ModuleNotFoundError('fsspec')")
    import imgcluster

    path = f"{folder / 'site'}:{imgcluster.__file__.rpartition('/imgcluster/')[0]}"
    for command in (["quantize"], ["palette", "build"]):
        result = run(*command, "s3://b/in", env={"PYTHONPATH": path})
        assert result.returncode == 1
        assert result.stderr.decode().splitlines() == [
            "imgcluster: error: cannot read s3://b/in: it needs fsspec, which is not installed; "
            "pip install 'imgcluster[cloud]'"
        ]


def test_commands_for_files_say_so(invoke: Callable[..., Result], folder: Path) -> None:
    result = invoke("choose-k", "s3://bucket/a.png")
    assert result.exit_code == 1
    assert (
        "s3://bucket/a.png: no such file; runs over folders take URLs, this takes files: fetch it first"
        in result.stderr
    )
