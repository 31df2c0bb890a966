"""The colors that the tags of a PNG declare, as ICC profiles, by the standard's order: cICP, iCCP, sRGB, gAMA and cHRM.

The gAMA value 45455 stands for sRGB's curve, which writers of sRGB pictures are told to describe by it. PQ and HLG are
mapped with their reference white at 203 cd/m2 (BT.2408) as white; what is brighter is cut off, and `is_hdr` tells.

References
----------
Portable Network Graphics (PNG) Specification (Third Edition), W3C 2025, sections 4.3 and 11.3.2. ITU-T H.273 (2021),
tables 2 and 3. ITU-R BT.2100-2. ITU-R BT.2408-7. ICC.1:2010, 10.5, 10.15 and annex E.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Cicp = tuple[int, int, int, int]  # primaries, transfer, matrix, full range
Chromaticities = tuple[float, ...]  # x and y of white, red, green, blue

# keys of Pillow's info under which our reader puts what Pillow leaves out
CICP, BITS, GRAY_ALPHA = "cicp", "bits of a value", "gray and alpha"
COLOR_TAGS = (CICP, "icc_profile", "srgb", "gamma", "chromaticity")

_D65, _C, _E, _DCI = (0.3127, 0.329), (0.310, 0.316), (1 / 3, 1 / 3), (0.314, 0.351)
_BT709: Chromaticities = (*_D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
_BT601 = (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070)
_PRIMARIES: dict[int, Chromaticities] = {
    1: _BT709,
    4: (*_C, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (*_D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: _BT601,
    7: _BT601,
    8: (*_C, 0.681, 0.319, 0.243, 0.692, 0.145, 0.049),
    9: (*_D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    10: (*_E, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0),
    11: (*_DCI, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (*_D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    22: (*_D65, 0.630, 0.340, 0.295, 0.605, 0.155, 0.077),
}
_SRGB, _PQ, _HLG = 13, 16, 18
_SRGB_GAMMA = 0.45455
_CLOSE = 0.0005  # 0.4545 and 0.455 are written, too
_WHITE = 203.0  # cd/m2
_NODES = 255 * 16 + 1  # of a curve: every 8-bit value is one
_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def profile_of(info: Mapping[Any, Any], *, gray: bool) -> bytes | None:
    """Return the ICC profile of a picture, its own or one made from its tags; None where it is sRGB."""
    cicp = info.get(CICP)
    if _is_known(cicp):
        return None if cicp == (1, _SRGB, 0, 1) else _profile_of_cicp(cicp, gray, info.get(BITS) == 16)
    if profile := info.get("icc_profile"):
        return bytes(profile)
    if "srgb" in info:
        return None
    gamma, points = _gamma_of(info.get("gamma")), _chromaticities_of(info.get("chromaticity"))
    if gamma is None and (points is None or gray):
        return None
    return _profile_of_gamma(gamma, _BT709 if points is None else points, gray)


def is_hdr(info: Mapping[Any, Any]) -> bool:
    """Check whether a picture may be brighter than white."""
    cicp = info.get(CICP, (0, 0))
    return _is_known(cicp) and cicp[1] in (_PQ, _HLG)


def _is_known(cicp: Any) -> bool:
    """Check whether code points are defined; those of a PNG are RGB, without a matrix."""
    return cicp is not None and cicp[0] in _PRIMARIES and cicp[1] in _CURVES and cicp[2] == 0 and cicp[3] in (0, 1)


def _gamma_of(value: Any) -> float | None:
    """Return the exponent of gAMA; None for that of sRGB, or one that makes no sense."""
    if not isinstance(value, int | float) or not 0.01 < value < 100 or abs(value - _SRGB_GAMMA) <= _CLOSE:
        return None
    return float(value)


def _chromaticities_of(value: Any) -> Chromaticities | None:
    """Return those of cHRM; None for sRGB's, or ones that span no colors."""
    if not isinstance(value, tuple | list) or len(value) != 8 or np.abs(np.subtract(value, _BT709)).max() < 0.0015:
        return None
    x, y, *others = map(float, value)
    points = (x, y, *others)
    if min(points) < 0 or y <= 0 or abs(np.linalg.det(_xyz(points))) < 1e-3:
        return None
    return points


@lru_cache(maxsize=8)
def _profile_of_cicp(cicp: Cicp, gray: bool, is_deep: bool) -> bytes:
    """Make the profile of code points."""
    primaries, transfer, _, is_full = cicp
    values = np.linspace(0, 1, _NODES)
    if not is_full:
        # 16 to 235 of 8 bits, and 256 times that of 16
        values = np.clip((values * (65535 / 256 if is_deep else 255) - 16) / 219, 0, 1)
    return _icc(_PRIMARIES[primaries], _table(_CURVES[transfer](values)), gray)


@lru_cache(maxsize=4)
def _profile_of_gamma(gamma: float | None, points: Chromaticities, gray: bool) -> bytes:
    """Make the profile of gAMA and cHRM."""
    values = np.linspace(0, 1, _NODES)
    return _icc(points, _table(_of_srgb(values) if gamma is None else values ** (1 / gamma)), gray)


def _of_bt709(values: Floats) -> Floats:
    return np.where(values < 0.081, values / 4.5, ((values + 0.099) / 1.099) ** (1 / 0.45))


def _of_srgb(values: Floats) -> Floats:
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def _of_240m(values: Floats) -> Floats:
    return np.where(values < 0.0912, values / 4.0, ((values + 0.1115) / 1.1115) ** (1 / 0.45))


def _of_pq(values: Floats) -> Floats:
    """Return the light of PQ, the reference white as 1."""
    root = values ** (32 / 2523)
    light = np.maximum(root - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * root)
    return light ** (8192 / 1305) * 10_000 / _WHITE


def _of_hlg(values: Floats) -> Floats:
    """Return the light of HLG on a display of 1,000 cd/m2, channel by channel, the reference white as 1."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(values <= 0.5, values**2 / 3, (np.exp((values - c) / a) + b) / 12)
    return scene**1.2 * 1000 / _WHITE


_CURVES: dict[int, Callable[[Floats], Floats]] = {
    1: _of_bt709,
    4: lambda values: values**2.2,
    5: lambda values: values**2.8,
    6: _of_bt709,
    7: _of_240m,
    8: lambda values: values,
    9: lambda values: np.where(values > 0, 10 ** (2 * (values - 1)), 0),
    10: lambda values: np.where(values > 0, 10 ** (2.5 * (values - 1)), 0),
    11: _of_bt709,
    12: _of_bt709,
    _SRGB: _of_srgb,
    14: _of_bt709,
    15: _of_bt709,
    _PQ: _of_pq,
    17: lambda values: 52.37 / 48 * values**2.6,
    _HLG: _of_hlg,
}


def _xyz(points: Chromaticities) -> Floats:
    """Return X, Y and Z of the primaries as columns, whose sum is white of Y = 1."""
    x, y = np.array(points[0::2]), np.array(points[1::2])
    columns = np.array([x, y, 1 - x - y])
    white = columns[:, 0] / y[0]
    if abs(np.linalg.det(columns[:, 1:])) < 1e-6:
        return np.zeros((3, 3))
    return np.asarray(columns[:, 1:] * np.linalg.solve(columns[:, 1:], white))


def _icc(points: Chromaticities, curve: bytes, gray: bool) -> bytes:
    """Make a profile of version 2.4: primaries adapted to D50, and one curve."""
    if gray:
        return _assembled(b"GRAY", {b"kTRC": curve})
    primaries = _xyz(points)
    white = primaries.sum(1)
    scale = np.diag((_BRADFORD @ _D50) / (_BRADFORD @ white))
    adapted = np.linalg.inv(_BRADFORD) @ scale @ _BRADFORD @ primaries
    tags = {name: _xyz_tag(column) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), adapted.T, strict=True)}
    return _assembled(b"RGB ", {**tags, b"rTRC": curve, b"gTRC": curve, b"bTRC": curve})


def _assembled(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Put header, tags and their data together."""
    tags = {b"wtpt": _xyz_tag(_D50), **tags}
    offset, places, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        places += name + struct.pack(">II", offset + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    header = bytes(4) + b"\x02\x40\0\0mntr" + space + b"XYZ " + struct.pack(">6H", 2025, 1, 1, 0, 0, 0) + b"acsp"
    header = (header + bytes(28) + _fixed(_D50)).ljust(124, b"\0") + struct.pack(">I", len(tags))
    return struct.pack(">I", 4 + len(header) + len(places) + len(body)) + header + places + body


def _fixed(values: Floats) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values.tolist())


def _xyz_tag(values: Floats) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(values)


def _table(light: Floats) -> bytes:
    values = np.rint(np.clip(light, 0, 1) * 65535).astype(">u2")
    return b"curv\0\0\0\0" + struct.pack(">I", len(values)) + values.tobytes()
