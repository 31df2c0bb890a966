"""Manifests: a row an input, exactly once, whatever stands in its name and however the run ends."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from imgcluster.batch import Manifest, manifest_schema
from imgcluster.batch._manifest import COLUMNS
from imgcluster.errors import ImageWriteError
from imgcluster.facts import Code, Loss, Reason
from imgcluster.tasks import FileResult

DONE = FileResult(
    input="photos/a.jpg",
    status="done",
    outputs=("outputs/a-quantized.png",),
    width=400,
    height=300,
    bytes_before=12345,
    bytes_after=6789,
    n_colors=2,
    psnr=33.25,
    own_psnr=float("inf"),
    milliseconds=12.5,
    hash="0" * 64,
    dropped=(Loss.ICC, Loss.EXIF),
    palette=("#000000", "#ffc107"),
)
EMPTY = Reason(Code.UNREADABLE, {"problem": "it is empty (0 bytes); get a fresh copy"})
FAILED = FileResult("photos/b.jpg", "failed", EMPTY)
SKIPPED = FileResult("photos/c.png", "skipped", Reason(Code.DONE_BEFORE), n_segments=40)
HOSTILE = [
    "line\nend.png",
    "\x1b]0;title\x07\x1b[31mred.png",
    os.fsdecode(b"not-utf8-\xff\xfe.png"),
    "<script>alert(1)</script>.png",
    "=cmd|' /C calc'!A0.png",
    "-rf.png",
    'quote",comma.png',
    "back\\slash\\n.png",
    "turned\u202egpj.exe",
    "ümlaut-漢字.png",
    "separator\u2028.png",
    "n" * 255,
]


def write(path: Path, results: Any) -> None:
    with Manifest(path) as manifest:
        for result in results:
            manifest.write(result)


def name_in_csv(cell: str) -> str:
    """Undo the escapes of a CSV cell, as the docstring says them."""
    text = cell.encode("latin-1", "backslashreplace").decode("unicode_escape")
    return text.removeprefix("./") if cell.startswith(("./=", "./+", "./-", "./@")) else text


def test_json_lines_give_the_results_back(tmp_path: Path) -> None:
    write(tmp_path / "run.jsonl", [DONE, FAILED, SKIPPED])
    lines = (tmp_path / "run.jsonl").read_text(encoding="ascii").splitlines()
    assert [FileResult.from_dict(json.loads(line)) for line in lines] == [DONE, FAILED, SKIPPED]


def test_csv_has_a_column_for_every_field(tmp_path: Path) -> None:
    write(tmp_path / "run.csv", [DONE, FAILED])
    with (tmp_path / "run.csv").open(encoding="utf-8", newline="") as stream:
        done, failed = csv.DictReader(stream)
    assert tuple(done) == COLUMNS
    assert (done["input"], done["psnr"], done["own_psnr"]) == ("photos/a.jpg", "33.25", "inf")
    assert json.loads(done["palette"]) == list(DONE.palette)
    assert (failed["reason"], failed["text"], failed["width"]) == ("unreadable", FAILED.text, "")


def test_a_run_without_files_leaves_an_empty_manifest(tmp_path: Path) -> None:
    write(tmp_path / "run.jsonl", [])
    write(tmp_path / "run.csv", [])
    assert (tmp_path / "run.jsonl").read_bytes() == b""
    assert (tmp_path / "run.csv").read_text(encoding="utf-8").split(",") == [*COLUMNS[:-1], f"{COLUMNS[-1]}\n"]


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_an_input_has_one_row(tmp_path: Path, ending: str) -> None:
    write(tmp_path / f"run.{ending}", [DONE, FAILED, replace(DONE, status="skipped", reason=Reason(Code.GIVEN_TWICE))])
    text = (tmp_path / f"run.{ending}").read_text(encoding="utf-8")
    assert text.count(DONE.input) == 1
    assert "given twice" not in text


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_is_one_inert_line_and_comes_back(tmp_path: Path, name: str) -> None:
    result = FileResult(name, "failed", Reason(Code.UNREADABLE, {"problem": f"cannot read {name}"}))
    write(tmp_path / "run.jsonl", [result])
    write(tmp_path / "run.csv", [result])
    row = (tmp_path / "run.jsonl").read_text(encoding="ascii")
    assert row.removesuffix("\n").isprintable()
    assert json.loads(row)["input"] == name
    table = (tmp_path / "run.csv").read_text(encoding="utf-8")
    assert all(line.isprintable() for line in table.split("\n"))
    cell = list(csv.reader(table.split("\n")[:2]))[1][0]
    assert not cell.startswith(("=", "+", "-", "@"))
    assert name_in_csv(cell) == name


# --- the schema -----------------------------------------------------------------------------------------------------


def test_the_schema_is_a_schema_and_is_shipped() -> None:
    jsonschema.Draft202012Validator.check_schema(manifest_schema())
    assert resources.files("imgcluster.batch").joinpath("manifest.schema.json").is_file()


def test_the_schema_names_exactly_the_fields() -> None:
    schema = manifest_schema()
    names = list(DONE.to_dict())
    assert list(schema["properties"]) == names == schema["required"]
    assert all("description" in about or "enum" in about for about in schema["properties"].values())


@pytest.mark.parametrize("result", [DONE, FAILED, SKIPPED, *(replace(DONE, input=name) for name in HOSTILE)])
def test_every_row_follows_the_schema(tmp_path: Path, result: FileResult) -> None:
    write(tmp_path / "run.jsonl", [result])
    jsonschema.validate(json.loads((tmp_path / "run.jsonl").read_text(encoding="ascii")), manifest_schema())


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "perhaps"},
        {"status": "failed", "text": ""},
        {"reason": "because"},
        {"dropped": ["everything"]},
        {"input": ""},
        {"psnr": "high"},
        {"width": 0},
        {"hash": "abc"},
        {"palette": ["red"]},
        {"outputs": "a.png"},
        {"more": 1},
    ],
)
def test_the_schema_can_say_no(wrong: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(DONE.to_dict() | wrong, manifest_schema())


# --- files ----------------------------------------------------------------------------------------------------------


def test_an_interrupted_run_keeps_the_rows_it_has(tmp_path: Path) -> None:
    def interrupted() -> Iterator[Any]:
        yield DONE
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "run.jsonl", interrupted())
    assert len((tmp_path / "run.jsonl").read_bytes().splitlines()) == 1


def test_an_error_of_the_run_is_not_said_to_be_of_the_manifest(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), Manifest(tmp_path / "run.csv"):
        raise FileNotFoundError


def test_a_killed_run_leaves_the_old_manifest_and_the_next_run_clears_up(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(b"old\n")
    code = (
        "import os, signal, sys\n"
        "from imgcluster.batch import Manifest\n"
        "from imgcluster.tasks import FileResult\n"
        "with Manifest(sys.argv[1]) as manifest:\n"
        "    manifest.write(FileResult('a.png', 'done'))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == -9
    assert path.read_bytes() == b"old\n"
    assert len(list(tmp_path.iterdir())) == 2
    write(path, [DONE])
    assert [file.name for file in tmp_path.iterdir()] == ["run.jsonl"]
    assert json.loads(path.read_bytes())["input"] == DONE.input


def test_other_endings_are_rejected(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"must end in \.jsonl or \.csv, got '.*run\.json'"):
        Manifest(tmp_path / "run.json")


def test_a_missing_folder_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ImageWriteError, match="the folder does not exist"), Manifest(tmp_path / "no" / "run.csv"):
        pytest.fail("the run began")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_told_while_the_run_goes_on(tmp_path: Path) -> None:
    (tmp_path / "run.csv").symlink_to("/dev/full")
    with pytest.raises(ImageWriteError, match="no space left"), Manifest(tmp_path / "run.csv"):
        pytest.fail("the run began")
