"""What became of one file: what runs yield, ``--json`` prints, manifests list and reports show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from imgcluster.cards import card, swatches
from imgcluster.facts import Code, Loss, Reason, losses_text
from imgcluster.wording import printable, size_text

STATUSES = ("done", "skipped", "failed")

_TUPLES = ("outputs", "kept", "warnings", "palette", "shares")


@dataclass(frozen=True)
class FileResult:
    """What became of one input.

    Attributes
    ----------
    input : str
        The file as it was found, - for standard input; bytes that are not UTF-8 become surrogates (``os.fsencode``
        restores them).
    status : {"done", "skipped", "failed"}
        Skipped are inputs that need no work (done before, given twice), those with outputs that may not be
        overwritten, and those that a run that stops did not begin.
    reason : Reason or None
        Why it was skipped, kept or failed; else None. ``str(reason)`` says it in one line. A file that is done with
        the reason `Code.WOULD_GROW` is a copy of the input, which is smaller than its picture would be.
    outputs : tuple of str
        Files that hold the result, even if they were made before; - for standard output.
    width, height : int or None
        Size of the picture in pixels, upright.
    bytes_before, bytes_after : int or None
        Size of the input, and of its outputs together.
    n_colors, n_distinct : int or None
        Colors of the palette, and distinct colors of the original.
    n_frames : int or None
        Frames of an animation; None for a single picture.
    n_slices : int or None
        Slices of a volume; None for a picture.
    n_segments : int or None
        Segments or superpixels.
    mse : float or None
        Mean over pixels of the squared RGB distance to the original, summed over the channels.
    psnr : float or None
        In dB, infinite when lossless.
    own_psnr : float or None
        In dB, with a palette of its own, if a shared one was used; for pictures of up to 33 megapixels.
    grew : bool or None
        Whether the picture is larger than the input, or would have been, and the input was kept for that reason.
    lossless : bool or None
        Whether the picture has kept everything that can be seen, transparency and frames included.
    n_iter : int or None
        Iterations of the last fit, if there was one.
    converged : bool or None
        Whether that fit converged.
    milliseconds : float or None
        Time spent on this file.
    hash : str or None
        SHA-256 of the input's content, in hex.
    dropped : tuple of Loss
        What the input holds and the outputs do not keep, such as `Loss.EXIF`, `Loss.ALPHA`, `Loss.FRAMES`.
    kept : tuple of str
        Outputs that existed already and stayed as they were, while others were made.
    warnings : tuple of str
        Other warnings during the work.
    palette : tuple of str
        Colors as "#rrggbb", if there is a palette of at most 256.
    shares : tuple of float
        The share of pixels of each of these colors, 0 to 1, if the palette was given.
    trace : str
        The traceback of a failure, for bug reports; not part of JSON.

    Examples
    --------
    >>> from imgcluster.tasks import FileResult
    >>> result = FileResult("a.png", "done", outputs=("outputs/a-quantized.png",))
    >>> FileResult.from_dict(result.to_dict()) == result
    True
    """

    input: str
    status: str
    reason: Reason | None = None
    outputs: tuple[str, ...] = ()
    width: int | None = None
    height: int | None = None
    bytes_before: int | None = None
    bytes_after: int | None = None
    n_colors: int | None = None
    n_distinct: int | None = None
    n_frames: int | None = None
    n_slices: int | None = None
    n_segments: int | None = None
    mse: float | None = None
    psnr: float | None = None
    own_psnr: float | None = None
    grew: bool | None = None
    lossless: bool | None = None
    n_iter: int | None = None
    converged: bool | None = None
    milliseconds: float | None = None
    hash: str | None = None
    dropped: tuple[Loss, ...] = ()
    kept: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    palette: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()
    trace: str = field(default="", repr=False, compare=False)

    @property
    def text(self) -> str:
        """Why it was skipped, kept as it is or failed, in words; empty if there is no reason."""
        return "" if self.reason is None else str(self.reason)

    @property
    def dropped_text(self) -> str:
        """What was not kept, in words; empty when nothing was lost."""
        return losses_text(self.dropped)

    def _repr_html_(self) -> str:
        """Show what became of the file in a notebook."""
        sizes = None if self.bytes_before is None or self.bytes_after is None else (self.bytes_before, self.bytes_after)
        facts = {
            "size": None if self.width is None else f"{self.width} x {self.height}",
            "bytes": None if sizes is None else f"{size_text(sizes[0])} to {size_text(sizes[1])}",
            "colors": self.n_colors,
            "segments": self.n_segments,
            "PSNR": None if self.psnr is None else f"{self.psnr:.1f} dB",
            "why": self.reason,
            "outputs": ", ".join(self.outputs),
        }
        colors = [[int(color[i : i + 2], 16) for i in range(1, len(color), 2)] for color in self.palette]
        said = [(name, printable(str(value))) for name, value in facts.items() if value not in (None, "")]
        return card(f"{printable(self.input)}: {self.status}", said, swatches(colors) if colors else "")

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values.

        Returns
        -------
        dict
            Tuples are lists; the reason is its code, its words are "text" and what they name is "about". The PSNR of a
            lossless picture is None, because JSON has no infinity; that of a palette of its own is then "inf".
        """
        # dataclasses.asdict copies each of 256 colors: 1 ms
        found: dict[str, Any] = {}
        for name, value in vars(self).items():
            if name == "reason":
                found["reason"] = None if self.reason is None else self.reason.code.value
                found["text"] = self.text
                found["about"] = {} if self.reason is None else dict(self.reason.values)
            elif name != "trace":
                found[name] = list(value) if name in _TUPLES else value
        found["dropped"] = [loss.value for loss in self.dropped]
        found["psnr"] = None if self.psnr == float("inf") else self.psnr
        found["own_psnr"] = "inf" if self.own_psnr == float("inf") else self.own_psnr
        return found

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> FileResult:
        """Build a result from what `to_dict` returned; unknown names are left out.

        Parameters
        ----------
        values : mapping

        Returns
        -------
        FileResult
        """
        known = {item.name: values[item.name] for item in fields(cls) if item.name in values}
        for name in _TUPLES:
            known[name] = tuple(known.get(name) or ())
        known["dropped"] = tuple(Loss(value) for value in known.get("dropped") or ())
        code = known.pop("reason", None)
        known["reason"] = None if code is None else Reason(Code(code), dict(values.get("about") or {}))
        # the error of 8-bit pixels is 0 if every one of them was kept
        if known.get("mse") == 0:
            known["psnr"] = float("inf")
        known["own_psnr"] = None if known.get("own_psnr") is None else float(known["own_psnr"])
        return cls(**known)
