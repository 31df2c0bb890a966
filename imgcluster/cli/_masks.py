"""Responsibilities as pictures: one grey mask a cluster."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from imgcluster.cli._targets import make_folder_of
from imgcluster.errors import ImageWriteError

if TYPE_CHECKING:
    from imgcluster.quantize import Quantized


@dataclass(frozen=True)
class Masks:
    """A folder for masks: NAME-mask-000.png and so on, white where a pixel belongs to the cluster entirely."""

    folder: str
    force: bool

    def write(self, result: "Quantized", name: str) -> None:
        """Write a mask for each palette entry; none is overwritten without force."""
        from imgcluster.imageio import write_image

        targets = [Path(self.folder) / f"{name}-mask-{k:03d}.png" for k in range(len(result.palette))]
        existing = [target for target in targets if target.exists()]
        if existing and not self.force:
            raise ImageWriteError(f"the mask {existing[0]} exists; -f overwrites it, or choose another --soft-masks")
        make_folder_of(str(targets[0]))
        for k, target in enumerate(targets):
            write_image((255 * result.responsibilities(k) + 0.5).astype("uint8"), target)
