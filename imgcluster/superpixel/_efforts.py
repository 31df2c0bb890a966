"""How finely boundary k-means searches."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How finely to search; the numbers were found on training pictures, at compactness 10."""

    n_blurs: int  # of the features, 1-2-1 both ways
    cells: float  # segments to begin with, for each that is asked for
    blocks: float  # shortest side of a cell on the coarsest level, in blocks
    merge_level: int  # where segments are joined: blocks of 2^merge_level pixels a side
    coarse_sweeps: int  # on each level above merge_level
    joining_sweeps: int  # on merge_level, before joining
    fine_sweeps: int  # on merge_level after joining, and on each level below
    pixel_sweeps: int
    position: float  # weight of position before joining
    fine_position: float  # ... after joining
    variance: float  # of color, in CIELAB, that counts as flat before joining
    fine_variance: float  # ... after joining
    bonus: float  # for each neighbor in the same segment, on levels of blocks
    pixel_bonus: float
    growth: float  # the bonus falls by 2^-growth from level to level
    contrast: float  # weight of a border's contrast in joining
    margin: float  # a block that would pay this much more in any other segment is settled on the next finer level


EFFORTS = {
    "fast": Effort(
        n_blurs=0,
        cells=1.3,
        blocks=1.679,
        merge_level=3,
        coarse_sweeps=1,
        joining_sweeps=1,
        fine_sweeps=1,
        pixel_sweeps=1,
        position=0.813,
        fine_position=1.051,
        variance=35.576,
        fine_variance=0.924,
        bonus=18.433,
        pixel_bonus=25.519,
        growth=0.271,
        contrast=0.44,
        margin=0.0,
    ),
    "default": Effort(
        n_blurs=1,
        cells=2.375,
        blocks=1.164,
        merge_level=1,
        coarse_sweeps=4,
        joining_sweeps=1,
        fine_sweeps=2,
        pixel_sweeps=1,
        position=0.957,
        fine_position=0.352,
        variance=11.05,
        fine_variance=5.128,
        bonus=15.037,
        pixel_bonus=26.905,
        growth=0.078,
        contrast=0.484,
        margin=math.inf,
    ),
    "best": Effort(
        n_blurs=1,
        cells=2.76,
        blocks=1.099,
        merge_level=1,
        coarse_sweeps=5,
        joining_sweeps=3,
        fine_sweeps=5,
        pixel_sweeps=4,
        position=0.957,
        fine_position=0.287,
        variance=15.569,
        fine_variance=2.844,
        bonus=14.992,
        pixel_bonus=26.905,
        growth=0.056,
        contrast=0.769,
        margin=math.inf,
    ),
}
