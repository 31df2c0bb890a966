"""What the commands that make segments share: their outputs, and the way of a picture to them."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

import click

from imgcluster.cli._console import Console, count_text, read_stdin, write_stdout
from imgcluster.cli._folder_options import FolderOptions, check_folder
from imgcluster.cli._folders import FolderTask
from imgcluster.cli._inputs import Outcome, print_json, process_inputs
from imgcluster.cli._options import DIR_OR_URL, FILE, format_option
from imgcluster.cli._targets import (
    NAME,
    STREAM,
    ExistingOutputError,
    SkippedError,
    Targets,
    check_ending,
    check_fields,
    check_streams,
    check_targets,
    make_folder_of,
    same_place,
)

if TYPE_CHECKING:
    from imgcluster.segmentation import Segmentation

_STYLES = ("mosaic", "boundaries", "overlay", "labels")
_ENDINGS = {
    "labels": (".png", ".tif", ".tiff", ".npy"),
    "table": (".csv", ".json"),
    "geojson": (".geojson", ".json"),
}

Segmenter = Callable[[Any, str], "Segmentation"]
"""What segments the pixels of an input, given the name that stands for it in files."""

AnyCommand = TypeVar("AnyCommand", bound=Callable[..., Any])


@dataclass(frozen=True)
class SegmentsOutcome(Outcome):
    """What became of one input; the files are those written now."""

    labels: str | None = None
    table: str | None = None
    geojson: str | None = None
    width: int | None = None
    height: int | None = None
    n_segments: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Outputs:
    """The outputs of one run: a picture, and the files asked for besides."""

    targets: Targets
    style: str
    format: str  # of what has no ending: standard output
    files: Mapping[str, str]  # by option

    def claim(self, source: str, name: str, console: Console) -> dict[str, str]:
        """Return the files to write for an input, by option; those that exist and stay are told of."""
        claims = {"output": partial(self.targets.claim, source)}
        for option, file in self.files.items():
            target = file.replace(NAME, self.targets.stem_of(source))
            claims[option] = partial(self._claim_file, target, option, name)
        wanted: dict[str, str] = {}
        kept: list[str] = []
        for option, claim in claims.items():
            try:
                wanted[option] = claim()
            except ExistingOutputError as existing:
                kept.append(str(existing))
        if not wanted:
            raise SkippedError("; ".join(kept))
        for text in kept:
            console.say(f"{name}: not written, {text}")
        return wanted

    def _claim_file(self, target: str, option: str, name: str) -> str:
        self.targets.claim_file(target, f"{name} (--{option})", f"choose another name for --{option}")
        return target


def output_options(style: str) -> Callable[[AnyCommand], AnyCommand]:
    """Return the decorator that gives a command the options of its outputs, with its default style."""
    choices = [
        click.option("--style", type=click.Choice(_STYLES), default=style, show_default=True, help="What to draw."),
        click.option("--labels", type=FILE, help="Also write the label map: .png, .tif, .npy."),
        click.option("--table", type=FILE, help="Also write a row a segment: .csv, .json."),
        click.option("--geojson", type=FILE, help="Also write the polygons: .geojson, .json."),
        click.option("-o", "--output", type=FILE, help="Output of a single input; - is stdout."),
        click.option("-d", "--output-dir", type=DIR_OR_URL, help="Folder of the outputs.  [default: outputs]"),
        format_option("png", "webp", "tif", "bmp"),
        click.option("-f", "--force", is_flag=True, help="Overwrite existing files."),
    ]

    def decorate(command: AnyCommand) -> AnyCommand:
        for option in reversed(choices):
            command = option(command)
        return command

    return decorate


def make_outputs(
    inputs: Sequence[str],
    options: dict[str, Any],
    *,
    ending: str,
    as_json: bool,
    example: str,
    also_read: Sequence[str] = (),
) -> Outputs:
    """Take the options of outputs out of all options, and refuse what cannot be meant, before any file is read."""
    output, output_dir, force = options.pop("output"), options.pop("output_dir"), options.pop("force")
    style, asked = options.pop("style"), options.pop("format")
    given = {option: options.pop(option) for option in _ENDINGS}
    files = {option: file for option, file in given.items() if file is not None}
    if not inputs:
        raise click.UsageError(f"no input given; name a picture, as in: {example}")
    check_targets(inputs, output, output_dir, asked)
    if check_ending(output, format := asked or "png") == "GIF":
        raise click.UsageError(f"a GIF holds too few colors, got -o {output}; write .png, .webp, .tif or .bmp")
    _check_files(files, output, len(inputs))
    check_streams(inputs, output, output_dir, as_json=as_json)
    targets = Targets(inputs, output, output_dir, ending=f"{ending}.{format}", force=force, also_read=also_read)
    return Outputs(targets, style, format, files)


def wants_single(options: Mapping[str, Any], *, as_json: bool) -> bool:
    """Tell whether options are given that are for single pictures."""
    return as_json or any(options[name] is not None for name in ("output", *_ENDINGS))


def make_folder_task(
    inputs: Sequence[str], name: str, options: dict[str, Any], folder: FolderOptions
) -> tuple[FolderTask, int | None]:
    """Take the options of outputs out of all options for a run over folders; returns the number of threads, too."""
    output, output_dir, force = options.pop("output"), options.pop("output_dir"), options.pop("force")
    style, format, n_threads = options.pop("style"), options.pop("format") or "png", options.pop("n_threads")
    check_folder(inputs, folder, output_dir, n_threads, output=output)
    extras = {option: value for option, value in ((option, options.pop(option)) for option in _ENDINGS) if value}
    for option, ending in extras.items():
        if ending not in _ENDINGS[option]:
            way_out = (
                f"--{option} {_ENDINGS[option][-1]} writes NAME-{option}{_ENDINGS[option][-1]} beside each picture"
            )
            raise click.UsageError(f"--{option} must be an ending for a folder, got {ending!r}; {way_out}")
    return FolderTask(name, output_dir, force, options, format, style, extras), n_threads


def _check_files(files: Mapping[str, str], output: str | None, n_inputs: int) -> None:
    """Refuse files that cannot be written, and one file for two things."""
    seen = {} if output is None else {"-o": output}
    for option, file in files.items():
        endings = _ENDINGS[option]
        if Path(file).suffix.lower() not in endings or Path(file).is_dir():
            example = f"--{option} {option}{endings[0]}"
            raise click.UsageError(f"--{option} must name a file in {', '.join(endings)}, got {file!r}; try {example}")
        check_fields(option, file)
        if n_inputs > 1 and NAME not in file:
            way_out = f"write {NAME} for the name of each: --{option} '{NAME}-{option}{endings[0]}'"
            raise click.UsageError(f"--{option} {file} is one file for {n_inputs} inputs; {way_out}")
        for other, taken in seen.items():
            if same_place(file, taken):
                raise click.UsageError(f"{other} and --{option} name the same file {file!r}; give each its own")
        seen[f"--{option}"] = file


def write_segments(
    inputs: Sequence[str], segmenter: Segmenter, outputs: Outputs, console: Console, *, as_json: bool
) -> int:
    """Segment each input, write what was asked for, and return the exit code."""
    work = partial(_segment, segmenter=segmenter, outputs=outputs, console=console)
    report = print_json if as_json else None
    return process_inputs(inputs, work, outputs.targets, console, outcome_type=SegmentsOutcome, report=report)


def _segment(source: str, name: str, *, segmenter: Segmenter, outputs: Outputs, console: Console) -> SegmentsOutcome:
    """Read a picture, segment it and write what is wanted."""
    from imgcluster.picture import read_image

    wanted = outputs.claim(source, name, console)
    start = perf_counter()
    pixels = read_image(read_stdin() if source == STREAM else source)
    for target in wanted.values():
        if target != STREAM:
            make_folder_of(target)
    result = segmenter(pixels, outputs.targets.stem_of(source))
    _save(result, outputs, wanted)
    seconds = perf_counter() - start
    (height, width), n_segments = result.labels.shape, result.n_segments
    shown = ", ".join("stdout" if target == STREAM else target for target in wanted.values())
    size = f"{width}x{height}, {count_text(n_segments, 'segment')}"
    console.say(f"{name} -> {shown}  {size}, {seconds:.2f} s")
    if n_segments:  # a black mask leaves none
        console.detail(f"areas from {result.areas.min():,} to {result.areas.max():,} pixels")
    files = {"output": None, **wanted}
    return SegmentsOutcome(
        input=source,
        status="done",
        width=width,
        height=height,
        n_segments=n_segments,
        seconds=round(seconds, 4),
        **files,
    )


def _save(result: "Segmentation", outputs: Outputs, wanted: Mapping[str, str]) -> None:
    """Write the files, and the picture last: where it stands, all is there."""
    from imgcluster.picture import write_image

    savers = {"labels": result.save_labels, "table": result.save_table, "geojson": result.save_geojson}
    for option, save in savers.items():
        if option in wanted:
            save(wanted[option])
    if "output" not in wanted:
        return
    picture = _draw(result, outputs.style)
    # a photo in PNG is large anyway: levels above 1 save a sixth, and take five times as long as all the rest
    compress_level = 1 if outputs.style == "overlay" else 6
    if wanted["output"] != STREAM:
        write_image(picture, wanted["output"], compress_level=compress_level)
        return
    buffer = io.BytesIO()
    write_image(picture, buffer, format=outputs.format, compress_level=compress_level)
    write_stdout(buffer.getvalue())


def _draw(result: "Segmentation", style: str) -> Any:
    """Draw the segments."""
    if style == "boundaries":
        return result.boundaries(thickness=None).astype("uint8") * 255
    return {"mosaic": result.mosaic, "overlay": result.overlay, "labels": result.label_colors}[style]()
