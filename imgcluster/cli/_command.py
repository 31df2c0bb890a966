"""The commands: options in sections in the help, and options of other tools understood or explained."""

import click

from imgcluster.cli._hints import translated
from imgcluster.cli._options import FILE

SECTIONS = {
    "Palette": (
        "n_colors",
        "n_segments",
        "n_clusters",
        "method",
        "compactness",
        "merge",
        "sigma",
        "mask",
        "color_space",
        "palette",
        "lock",
        "quality",
        "target_psnr",
        "max_bytes",
        "effort",
        "random_state",
    ),
    "Pixels": ("background", "dither", "dither_strength", "lossy", "frame", "palette_per_frame", "web"),
    "Values": ("channels", "value_range", "band_names", "nodata", "level", "mask_level", "ndim", "spacing"),
    "Output": (
        "output",
        "output_dir",
        "name",
        "format",
        "optimize",
        "style",
        "labels",
        "table",
        "edges",
        "polygons",
        "geojson",
        "npz",
        "annotations",
        "classes",
        "layers",
        "percentiles",
        "start_label",
        "masks",
        "force",
        "skip_if_larger",
        "in_place",
        "backup",
        "preserve",
        "keep",
        "strip",
    ),
    "Folders": (
        "recursive",
        "include",
        "exclude",
        "files_from",
        "resume",
        "dry_run",
        "strict",
        "fail_fast",
        "manifest",
        "report",
    ),
    "Work": ("n_jobs", "n_threads", "executor", "max_pixels", "max_memory", "timeout", "scratch"),
}
"""The sections of a long help, and the parameters in them; the rest is in the last one."""

_SEGMENTS = ("superpixels", "segment")  # whose first section is not about palettes
_REST = "Other"
_LONG = 20  # options in one list that can be read at once


class Command(click.Command):
    """A command with sections in its help, which knows the options of other tools."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments, with options of other tools in ours."""
        flags = [flag for parameter in self.get_params(ctx) for flag in (*parameter.opts, *parameter.secondary_opts)]
        args = translated(args, flags, ctx)
        if not ctx.resilient_parsing:
            _check_repeated(self.make_parser(ctx).parse_args(args=list(args))[2])
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, in sections if there are many."""
        records = {
            str(parameter.name): record
            for parameter in self.get_params(ctx)
            if isinstance(parameter, click.Option) and (record := parameter.get_help_record(ctx)) is not None
        }
        if len(records) <= _LONG:
            super().format_options(ctx, formatter)
            return
        for title, names in SECTIONS.items():
            rows = [records.pop(name) for name in list(records) if name in names]
            if rows:
                with formatter.section("Segments" if title == "Palette" and self.name in _SEGMENTS else title):
                    formatter.write_dl(rows)
        with formatter.section(_REST):
            formatter.write_dl(list(records.values()))


def _check_repeated(order: list[click.Parameter]) -> None:
    """Reject the option of a file that is given twice, of which the first would be written nowhere."""
    seen: set[str] = set()
    for parameter in order:
        if parameter.type is FILE and isinstance(parameter, click.Option) and not parameter.multiple:
            if parameter.name in seen:
                raise click.UsageError(f"{parameter.opts[-1]} is given twice, and takes one file; leave one out")
            seen.add(str(parameter.name))
