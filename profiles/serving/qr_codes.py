"""QR codes as SVG, drawn by this site: no other one learns whose page is shared. Pure."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

#: The quiet zone in modules, as ISO 18004 requires it.
BORDER = 4


@lru_cache(maxsize=256)
def draw_qr_code(text: str) -> str:
    """Return the SVG of a QR code: black on white, also on a dark page, where many readers would fail."""
    code: QRCode[object] = QRCode(error_correction=ERROR_CORRECT_M, border=BORDER)
    code.add_data(text)
    rows = code.get_matrix()
    side = len(rows)
    runs = "".join(_runs(row, y) for y, row in enumerate(rows))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{runs}"/></svg>'
    )


def _runs(row: list[bool], y: int) -> str:
    """Return the path of a row, one rectangle for each run of dark modules."""
    path, x = "", 0
    for is_dark, modules in groupby(row):
        length = len(list(modules))
        if is_dark:
            path += f"M{x} {y}h{length}v1h-{length}z"
        x += length
    return path
