"""Build an ICC profile (ICC.1:2001-04, matrix and curve) for colors that a file describes in another way."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Chromaticity = tuple[float, float]
Vector = tuple[float, float, float]
Matrix = tuple[Vector, Vector, Vector]

_CURVE_POINTS = 1024
_BRADFORD: Matrix = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
_D50: Vector = (0.9642, 1.0, 0.8249)


@dataclass(frozen=True)
class Primaries:
    """CIE 1931 x and y of white, red, green and blue."""

    white: Chromaticity
    red: Chromaticity
    green: Chromaticity
    blue: Chromaticity


D65 = (0.3127, 0.3290)
BT709 = Primaries(D65, (0.640, 0.330), (0.300, 0.600), (0.150, 0.060))


def build_profile(primaries: Primaries, to_linear: Callable[[float], float]) -> bytes:
    """Return a profile for RGB of these primaries. `to_linear` maps a stored value to light, both from 0 to 1.

    Raises ZeroDivisionError or ValueError for primaries that span no colors.
    """
    columns = _transpose(_to_d50(primaries))
    curve = _build_curve(to_linear)
    tags = dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(_build_xyz, columns), strict=True))
    tags |= {b"wtpt": _build_xyz(_D50), b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    return _assemble(tags)


def matrix_between(source: Primaries, target: Primaries) -> Matrix:
    """Return the matrix from linear RGB of `source` to linear RGB of `target`."""
    return _multiply(_invert(_to_d50(target)), _to_d50(source))


def _to_d50(primaries: Primaries) -> Matrix:
    """Return the matrix from linear RGB to XYZ, its white adapted to the D50 of profiles."""
    white = _to_xyz(primaries.white)
    unscaled = _transpose((_to_xyz(primaries.red), _to_xyz(primaries.green), _to_xyz(primaries.blue)))
    scale = apply_matrix(_invert(unscaled), white)
    matrix = _multiply(unscaled, _diagonal(scale))
    cone, cone_d50 = apply_matrix(_BRADFORD, white), apply_matrix(_BRADFORD, _D50)
    ratios = (cone_d50[0] / cone[0], cone_d50[1] / cone[1], cone_d50[2] / cone[2])
    adaptation = _multiply(_invert(_BRADFORD), _multiply(_diagonal(ratios), _BRADFORD))
    return _multiply(adaptation, matrix)


def _to_xyz(point: Chromaticity) -> Vector:
    x, y = point
    return x / y, 1.0, (1 - x - y) / y


def apply_matrix(matrix: Matrix, vector: Vector) -> Vector:
    """Return the product of a matrix and a column."""
    first, second, third = (sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)
    return first, second, third


def _multiply(one: Matrix, other: Matrix) -> Matrix:
    columns = _transpose(other)
    return _transpose((apply_matrix(one, columns[0]), apply_matrix(one, columns[1]), apply_matrix(one, columns[2])))


def _transpose(matrix: Matrix) -> Matrix:
    first, second, third = matrix
    return (
        (first[0], second[0], third[0]),
        (first[1], second[1], third[1]),
        (first[2], second[2], third[2]),
    )


def _diagonal(vector: Vector) -> Matrix:
    return (vector[0], 0.0, 0.0), (0.0, vector[1], 0.0), (0.0, 0.0, vector[2])


def _invert(matrix: Matrix) -> Matrix:
    one, two, three = matrix
    rows = (_cross(two, three), _cross(three, one), _cross(one, two))
    determinant = sum(a * b for a, b in zip(one, rows[0], strict=True))
    columns = _transpose(rows)
    first, second, third = (tuple(value / determinant for value in row) for row in columns)
    return (*first,), (*second,), (*third,)  # type: ignore[return-value]


def _cross(one: Vector, other: Vector) -> Vector:
    return (
        one[1] * other[2] - one[2] * other[1],
        one[2] * other[0] - one[0] * other[2],
        one[0] * other[1] - one[1] * other[0],
    )


def _build_xyz(vector: Sequence[float]) -> bytes:
    fixed = (max(-32768.0, min(32767.0, value)) * 65536 for value in vector)
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *map(round, fixed))


def _build_curve(to_linear: Callable[[float], float]) -> bytes:
    light = (to_linear(index / (_CURVE_POINTS - 1)) for index in range(_CURVE_POINTS))
    values = [round(max(0.0, min(1.0, value)) * 65535) for value in light]
    return struct.pack(f">8sI{_CURVE_POINTS}H", b"curv\0\0\0\0", _CURVE_POINTS, *values)


def _assemble(tags: dict[bytes, bytes]) -> bytes:
    table, body, start = b"", b"", 128 + 4 + 12 * len(tags)
    for name, value in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    size = start + len(body)
    header = struct.pack(">I4xI4s4s4s12x4s", size, 0x02400000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    header = header.ljust(68, b"\0") + struct.pack(">3i", *(round(value * 65536) for value in _D50))
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body
