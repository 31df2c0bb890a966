"""Annotations among the outputs of a run: each format is a kind of file beside the picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imgcluster.files import TEMPORARY
from imgcluster.tasks._content import Content
from imgcluster.tasks._tables import ANNOTATIONS

if TYPE_CHECKING:
    from imgcluster.segmentation import Segmentation


def annotation_savers(
    result: Segmentation, parameters: Mapping[str, Any], content: Content, outputs: Mapping[str, str]
) -> dict[str, Callable[[str], None]]:
    """Return what writes each kind of annotations."""
    savers: dict[str, Callable[[str], None]] = {}
    for kind in ANNOTATIONS:
        if kind in outputs:
            about: dict[str, Any] = {"classes": parameters.get("classes")}
            # its name for messages has what cannot be printed in escapes
            source = content.source if isinstance(content.source, str) else content.source.name
            about["image_path"] = _image_path(source, outputs[kind])
            if parameters.get("level"):
                about["full_shape"] = _full_shape(content)
            savers[kind] = partial(result.save_annotations, format=kind, **about)
    return savers


def _full_shape(content: Content) -> tuple[int, int]:
    """Return the height and width of the largest level of a picture."""
    from imgcluster.picture import open_source

    with open_source(content.source, raw=True) as source:
        return source.shape


def _image_path(source: str, output: str) -> str | None:
    """Return how to find the picture from its annotations: by its name alone, if either is elsewhere."""
    if not Path(source).is_file():
        return None
    is_elsewhere = any(TEMPORARY.fullmatch(part) for path in (source, output) for part in Path(path).parts)
    return Path(output).with_name(Path(source).name).as_posix() if is_elsewhere else source
