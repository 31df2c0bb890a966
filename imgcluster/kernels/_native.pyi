"""Types of the C module; src/kernels.h describes each argument.

Arrays are C-contiguous. Exceptions name the arguments as they are named here.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_Array = NDArray[Any]
_Labels = NDArray[np.int32]
_F64 = NDArray[np.float64]

def isa_names() -> list[str]: ...
def assign(
    isa: int,
    n: int,
    d: int,
    k: int,
    X: _Array,
    weights: _F64,
    centers: _Array,
    labels: NDArray[np.int32],
    distances: _Array,
    sums: _F64,
    counts: _F64,
    scratch: _Array,
    middle: _F64,
    columns: _Array,
    screen: NDArray[np.float32],
    /,
) -> tuple[float, int]: ...
def settle(
    isa: int,
    n: int,
    d: int,
    k: int,
    most_passes: int,
    most_exchanges: int,
    target: float,
    X: _Array,
    weights: _F64,
    centers: _F64,
    labels: NDArray[np.int32],
    distances: _Array,
    sums: _F64,
    counts: _F64,
    columns: _F64,
    costs: _F64,
    narrow: _Array,
    scratch: _Array,
    /,
) -> tuple[float, int]: ...
def nearer(
    isa: int, Xt: _Array, weights: _F64, candidates: _Array, distances: _Array, out: _Array, potentials: _F64, /
) -> None: ...
def ward(
    n: int,
    d: int,
    k: int,
    columns: _F64,
    sizes: _F64,
    costs: _F64,
    least: _F64,
    partner: NDArray[np.int32],
    /,
) -> None: ...
def em_step(
    isa: int,
    X: _F64,
    weights: _F64,
    means: _F64,
    factors: _F64,
    coefficients: _F64,
    sums: _F64,
    shares: _F64,
    densities: _F64,
    scratch: _F64,
    reached: NDArray[np.intp],
    /,
) -> float: ...
def local_candidates(
    margin: int,
    height: int,
    width: int,
    channels: int,
    side: int,
    first: int,
    last: int,
    stride: int,
    labels: _Labels,
    candidates: _Labels,
    /,
) -> None: ...
def local_em_step(
    isa: int,
    height: int,
    width: int,
    channels: int,
    side: int,
    first: int,
    last: int,
    hard: int,
    features: NDArray[np.int16],
    labels: _Labels,
    candidates: _Labels,
    means: _F64,
    factors: _F64,
    coefficients: _F64,
    sums: _F64,
    shares: NDArray[np.float32],
    /,
) -> float: ...
def local_em_labels(
    isa: int,
    height: int,
    width: int,
    channels: int,
    side: int,
    first: int,
    last: int,
    features: NDArray[np.int16],
    labels: _Labels,
    candidates: _Labels,
    means: _F64,
    factors: _F64,
    coefficients: _F64,
    out: _Labels,
    /,
) -> None: ...
def octree_build(levels: int, leaf_size: int, keys: NDArray[np.uint32], nodes: NDArray[np.int32], /) -> int: ...
def octree_summarize(
    points: NDArray[np.float32],
    weights: _F64,
    nodes: NDArray[np.int32],
    boxes: NDArray[np.float32],
    totals: _F64,
    /,
) -> None: ...
def octree_assign(
    isa: int,
    points: NDArray[np.float32],
    weights: _F64,
    nodes: NDArray[np.int32],
    boxes: NDArray[np.float32],
    totals: _F64,
    roots: NDArray[np.int32],
    centers: NDArray[np.float32],
    labels: NDArray[np.int32],
    node_labels: NDArray[np.int32],
    sums: _F64,
    /,
) -> int: ...
def histogram_count(
    channels: int,
    pixels: NDArray[np.uint8],
    table: NDArray[np.uint8],
    touched: NDArray[np.uint8],
    carries: NDArray[np.uint32],
    /,
) -> int: ...
def histogram_collect(
    tables: NDArray[np.uint8],
    touched: NDArray[np.uint8],
    keys: NDArray[np.uint32],
    counts: NDArray[np.int64],
    /,
) -> int: ...
def keys_from_colors(colors: NDArray[np.uint8], keys: NDArray[np.uint32], /) -> None: ...
def colors_from_keys(keys: NDArray[np.uint32], colors: NDArray[np.uint8], /) -> None: ...
def remap_pixels(channels: int, pixels: NDArray[np.uint8], table: _Array, indices: _Array, /) -> None: ...
def squared_difference(pixels: NDArray[np.uint8], colors: NDArray[np.uint8], indices: _Array, /) -> int: ...
def lab_features(
    isa: int,
    linear: NDArray[np.float32],
    matrix: NDArray[np.float32],
    x: NDArray[np.uint16],
    y: NDArray[np.uint16],
    z: NDArray[np.uint16],
    pixels: _Array,
    out: NDArray[np.int16],
    /,
) -> None: ...
def blur_rows(
    isa: int,
    width: int,
    d: int,
    edge: int,
    rows: NDArray[np.int16],
    out: NDArray[np.int16],
    scratch: NDArray[np.int16],
    /,
) -> None: ...
def halve(
    isa: int,
    height: int,
    width: int,
    d: int,
    fine: NDArray[np.int16],
    fine_weights: NDArray[np.uint16],
    coarse: NDArray[np.int16],
    weights: NDArray[np.uint16],
    /,
) -> None: ...
def blur_masked(
    width: int, d: int, edge: int, rows: NDArray[np.int16], mask: NDArray[np.uint8], out: NDArray[np.int16], /
) -> None: ...
def count_runs(height: int, width: int, mask: NDArray[np.uint8], /) -> int: ...
def mask_pieces(
    height: int,
    width: int,
    mask: NDArray[np.uint8],
    firsts: NDArray[np.int64],
    lengths: NDArray[np.int32],
    pieces: NDArray[np.int32],
    /,
) -> int: ...
def boundary_sums(
    isa: int,
    height: int,
    width: int,
    d: int,
    first_row: int,
    last_row: int,
    features: NDArray[np.int16],
    weights: NDArray[np.uint16],
    labels: _Labels,
    active: NDArray[np.uint8],
    sums: _F64,
    /,
) -> None: ...
def boundary_segments(
    d: int, position: float, variance: float, bonus: float, margin: float, sums: _F64, segments: _F64, /
) -> None: ...
def boundary_move(
    isa: int,
    height: int,
    width: int,
    d: int,
    first_row: int,
    last_row: int,
    live: int,
    position: float,
    variance: float,
    bonus: float,
    margin: float,
    features: NDArray[np.int16],
    weights: NDArray[np.uint16],
    labels: _Labels,
    active: NDArray[np.uint8],
    numbers: NDArray[np.int32],
    segments: _F64,
    sums: _F64,
    candidates: NDArray[np.int32],
    /,
) -> int: ...
def number_labels(labels: _Labels, numbers: NDArray[np.int32], found: NDArray[np.int32], /) -> int: ...
def double_level(
    height: int,
    width: int,
    labels: _Labels,
    active: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    fine_labels: _Labels,
    fine_active: NDArray[np.uint8],
    /,
) -> None: ...
def region_edges(
    height: int,
    width: int,
    d: int,
    bits: int,
    labels: _Labels,
    features: NDArray[np.int16],
    table: NDArray[np.int32],
    ends: NDArray[np.int32],
    lengths: NDArray[np.int64],
    contrasts: NDArray[np.int64],
    /,
) -> int: ...
def merge_regions(
    contrast: float,
    floor: float,
    power: int,
    n_regions: int,
    areas: _F64,
    means: _F64,
    ends: NDArray[np.int32],
    lengths: NDArray[np.int64],
    contrasts: NDArray[np.int64],
    scratch: NDArray[np.int32],
    costs: _F64,
    merges: NDArray[np.int32],
    heights: _F64,
    /,
) -> int: ...
def merged_labels(merges: NDArray[np.int32], labels: NDArray[np.int32], /) -> None: ...
def label_components(height: int, width: int, labels: _Labels, components: _Labels, parents: _Labels, /) -> int: ...
def relabel(labels: _Labels, numbers: _Labels, out: _Labels, /) -> int: ...
def map_labels(labels: _Labels, table: _Labels, out: _Labels, /) -> None: ...
def join_pieces(
    height: int,
    width: int,
    n_labels: int,
    min_size: int,
    labels: _Labels,
    components: _Labels,
    owners: _Labels,
    names: _Labels,
    scratch: _Labels,
    /,
) -> None: ...
def region_shapes(
    height: int, width: int, labels: _Labels, sums: NDArray[np.int64], boxes: NDArray[np.int32], /
) -> None: ...
def region_colors(
    channels: int, squared: bool, labels: _Labels, values: _Array, centers: _F64, sums: _F64, /
) -> None: ...
def region_ranges(
    channels: int, labels: _Labels, values: _Array, counts: NDArray[np.int64], lows: _F64, highs: _F64, /
) -> None: ...
def region_values(
    channels: int, channel: int, labels: _Labels, values: _Array, starts: NDArray[np.int64], out: _Array, /
) -> None: ...
def trace_outlines(
    height: int,
    width: int,
    start: int,
    labels: _Labels,
    walked: NDArray[np.uint8],
    vertices: _Labels,
    rings: _Labels,
    /,
) -> tuple[int, int, int]: ...
def volume_sums(
    isa: int,
    depth: int,
    height: int,
    width: int,
    d: int,
    first_slice: int,
    last_slice: int,
    features: NDArray[np.int16],
    weights: NDArray[np.uint16],
    labels: _Labels,
    active: NDArray[np.uint8],
    sums: _F64,
    /,
) -> None: ...
def volume_segments(
    d: int,
    position: float,
    variance: float,
    bonus: float,
    margin: float,
    side_z: float,
    side_y: float,
    side_x: float,
    sums: _F64,
    segments: _F64,
    /,
) -> None: ...
def volume_move(
    isa: int,
    depth: int,
    height: int,
    width: int,
    d: int,
    first_slice: int,
    last_slice: int,
    first_label: int,
    position: float,
    variance: float,
    bonus: float,
    margin: float,
    side_z: float,
    side_y: float,
    side_x: float,
    features: NDArray[np.int16],
    weights: NDArray[np.uint16],
    labels: _Labels,
    active: NDArray[np.uint8],
    segments: _F64,
    sums: _F64,
    candidates: NDArray[np.int32],
    /,
) -> int: ...
def volume_halve(
    depth: int,
    height: int,
    width: int,
    d: int,
    along_z: int,
    along_y: int,
    along_x: int,
    fine: NDArray[np.int16],
    fine_weights: NDArray[np.uint16],
    coarse: NDArray[np.int16],
    weights: NDArray[np.uint16],
    totals: NDArray[np.int64],
    /,
) -> None: ...
def volume_double(
    depth: int,
    height: int,
    width: int,
    along_z: int,
    along_y: int,
    along_x: int,
    labels: _Labels,
    active: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    fine_labels: _Labels,
    fine_active: NDArray[np.uint8],
    /,
) -> None: ...
def volume_components(
    depth: int, height: int, width: int, labels: _Labels, components: _Labels, parents: NDArray[np.int32], /
) -> int: ...
def volume_edges(
    depth: int,
    height: int,
    width: int,
    d: int,
    bits: int,
    labels: _Labels,
    features: NDArray[np.int16],
    table: NDArray[np.int32],
    ends: NDArray[np.int32],
    lengths: NDArray[np.int64],
    contrasts: NDArray[np.int64],
    /,
) -> int: ...
def volume_shapes(
    depth: int, height: int, width: int, labels: _Labels, sums: NDArray[np.int64], boxes: NDArray[np.int32], /
) -> None: ...
def slic_assign(
    isa: int,
    height: int,
    width: int,
    step: int,
    phase: int,
    first: int,
    end: int,
    scale: float,
    features: NDArray[np.int16],
    centers: NDArray[np.float32],
    boxes: NDArray[np.int32],
    labels: NDArray[np.int32],
    sums: NDArray[np.int64],
    candidates: NDArray[np.int32],
    scratch: NDArray[np.float32],
    /,
) -> int: ...
def light_to_oklab(roots: NDArray[np.float32], light: NDArray[np.float32], lab: NDArray[np.float32], /) -> None: ...
def dither_cells(
    entries: NDArray[np.float32],
    among: NDArray[np.uint16],
    inside: NDArray[np.uint8],
    cells: NDArray[np.int32],
    candidates: NDArray[np.uint16],
    kept: NDArray[np.uint16],
    distances: NDArray[np.float32],
    /,
) -> int: ...
def diffuse_rows(
    channels: int,
    width: int,
    first_row: int,
    strength: float,
    thrift: float,
    clear: int,
    light: NDArray[np.float32],
    roots: NDArray[np.float32],
    entries: NDArray[np.float32],
    cells: NDArray[np.int32],
    candidates: NDArray[np.uint16],
    pixels: NDArray[np.uint8],
    amounts: NDArray[np.uint8],
    errors: NDArray[np.float32],
    above: NDArray[np.int32],
    indices: _Array,
    /,
) -> None: ...
def rate_aware_rows(
    height: int,
    width: int,
    d: int,
    literal_price: float,
    limit: float,
    change_cost: float,
    change_limit: float,
    points: NDArray[np.int16],
    nearest: NDArray[np.uint8],
    allowed: NDArray[np.uint8],
    palette: NDArray[np.int16],
    kinds: NDArray[np.uint8],
    neighbors: NDArray[np.uint8],
    prior: NDArray[np.int64],
    length_costs: NDArray[np.int64],
    distance_costs: NDArray[np.int64],
    ids: NDArray[np.int32],
    above: NDArray[np.uint8],
    uses: NDArray[np.int64],
    indices: NDArray[np.uint8],
    costs: NDArray[np.int64],
    steps: NDArray[np.int32],
    /,
) -> None: ...
def dither_amounts(
    channels: int, width: int, pixels: NDArray[np.uint8], limits: NDArray[np.uint8], amounts: NDArray[np.uint8], /
) -> None: ...
def pair_sums(
    channels: int,
    width: int,
    k: int,
    light: NDArray[np.int32],
    of_luma: NDArray[np.int32],
    pair: NDArray[np.int32],
    pixels: NDArray[np.uint8],
    indices: NDArray[np.uint8],
    pairs: NDArray[np.int64],
    sums: NDArray[np.int64],
    /,
) -> None: ...
def order_rows(
    channels: int,
    width: int,
    first_row: int,
    side: int,
    n: int,
    strength: float,
    clear: int,
    light: NDArray[np.float32],
    roots: NDArray[np.float32],
    entries: NDArray[np.float32],
    cells: NDArray[np.int32],
    candidates: NDArray[np.uint16],
    tile: NDArray[np.uint16],
    pixels: NDArray[np.uint8],
    colors: NDArray[np.uint32],
    mixed: NDArray[np.uint16],
    indices: _Array,
    /,
) -> None: ...
def deflate_best(
    start: int,
    last: int,
    depth: int,
    rounds: int,
    data: NDArray[np.uint8],
    chains: NDArray[np.int32],
    scratch: NDArray[np.uint32],
    out: NDArray[np.uint8],
    /,
) -> int: ...
