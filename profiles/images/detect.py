"""The type of bytes from the bytes alone, and their measures judged before any pixel is made."""

import math
import struct

from .avif import is_avif, read_avif
from .errors import ACCEPTED_FORMATS, ImageRefused, Reason
from .formats import SourceFormat
from .headers import Header, read_gif, read_jpeg, read_png, read_webp
from .limits import MIB, ImageLimits

#: Honest encoders write about ten scans; every further one costs a pass over the whole picture.
MAX_JPEG_SCANS = 128

_READERS = {
    SourceFormat.JPEG: read_jpeg,
    SourceFormat.PNG: read_png,
    SourceFormat.GIF: read_gif,
    SourceFormat.WEBP: read_webp,
    SourceFormat.AVIF: read_avif,
}

#: Signatures of what people try most and we do not take, so that the refusal can name it.
_KNOWN_OTHERS = (
    (b"BM", "a BMP picture"),
    (b"II*\0", "a TIFF or camera raw picture"),
    (b"MM\0*", "a TIFF or camera raw picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"8BPS", "a Photoshop document"),
    (b"\0\0\1\0", "an icon file"),
    (b"%PDF-", "a PDF document"),
    (b"PK\3\4", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x1aE\xdf\xa3", "a video"),
)
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_SVG_PROLOGUE = 4096


def sniff_format(content: bytes) -> SourceFormat | None:
    """What the leading bytes are, or None for anything we do not read."""
    if content.startswith(b"\xff\xd8\xff"):
        return SourceFormat.JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return SourceFormat.PNG
    if content.startswith((b"GIF87a", b"GIF89a")):
        return SourceFormat.GIF
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return SourceFormat.WEBP
    if is_avif(content):
        return SourceFormat.AVIF
    return SourceFormat.SVG if _looks_like_svg(content) else None


def _looks_like_svg(content: bytes) -> bool:
    opening = content[:_SVG_PROLOGUE].removeprefix(b"\xef\xbb\xbf").lstrip()
    return opening.startswith(b"<") and b"<svg" in opening


def read_header(content: bytes, limits: ImageLimits) -> Header:
    """Type, size and frames of an acceptable raster picture; raises `ImageRefused` for all else."""
    check_bytes(content, limits)
    source_format = sniff_format(content)
    if source_format is None or source_format is SourceFormat.SVG:
        raise _refuse_format(content, source_format)
    try:
        header = _READERS[source_format](content)
    except (IndexError, struct.error) as error:
        raise ImageRefused(
            Reason.TRUNCATED, f"This {source_format.label} file ends before its picture begins."
        ) from error
    check_header(header, limits)
    return header


def check_bytes(content: bytes, limits: ImageLimits) -> None:
    if not content:
        raise ImageRefused(Reason.EMPTY, "This file is empty.")
    if len(content) > limits.max_bytes:
        raise ImageRefused(
            Reason.TOO_MANY_BYTES,
            f"This file has {_mebibytes(len(content))} MiB; at most {_mebibytes(limits.max_bytes)} MiB are accepted.",
        )


def check_header(header: Header, limits: ImageLimits) -> None:
    """Hold a picture's claimed measures against the limits, the most telling sentence first."""
    label = header.format.label
    if header.width < 1 or header.height < 1:
        raise ImageRefused(Reason.DAMAGED, f"This {label} file holds no picture.")
    if max(header.width, header.height) > limits.max_side:
        raise ImageRefused(
            Reason.SIDE_TOO_LONG,
            f"This {label} is {header.width} by {header.height} pixels; a side may have at most {limits.max_side}.",
        )
    if header.pixels > limits.max_pixels:
        raise ImageRefused(
            Reason.TOO_MANY_PIXELS,
            f"This {label} has {_megapixels(header.pixels)} megapixels; "
            f"at most {_megapixels(limits.max_pixels)} are accepted.",
        )
    _check_effort(header, limits)


def _check_effort(header: Header, limits: ImageLimits) -> None:
    label = header.format.label
    if header.frames > limits.max_frames:
        raise ImageRefused(
            Reason.TOO_MANY_FRAMES,
            f"This {label} has {header.frames} frames; at most {limits.max_frames} are accepted.",
        )
    total = header.pixels * header.frames
    if header.animated and total > limits.max_total_pixels:
        raise ImageRefused(
            Reason.ANIMATION_TOO_LARGE,
            f"This {label}'s {header.frames} frames have {_megapixels(total)} megapixels together; "
            f"at most {_megapixels(limits.max_total_pixels)} are accepted.",
        )
    if header.scans > MAX_JPEG_SCANS:
        raise ImageRefused(
            Reason.TOO_COMPLEX,
            f"This {label} has {header.scans} scans; at most {MAX_JPEG_SCANS} are accepted.",
        )


def _refuse_format(content: bytes, source_format: SourceFormat | None) -> ImageRefused:
    name = "an SVG drawing" if source_format is SourceFormat.SVG else _name_other(content)
    if name is None:
        return ImageRefused(Reason.NOT_AN_IMAGE, f"This file is not an image we accept. {ACCEPTED_FORMATS}.")
    return ImageRefused(Reason.UNSUPPORTED_FORMAT, f"This file is {name}. {ACCEPTED_FORMATS}.")


def _name_other(content: bytes) -> str | None:
    if content[4:8] == b"ftyp":
        return "a HEIC picture" if content[8:12] in _HEIF_BRANDS else "a video"
    return next((name for start, name in _KNOWN_OTHERS if content.startswith(start)), None)


def _mebibytes(count: int) -> str:
    return _one_decimal_up(count / MIB)


def _megapixels(count: int) -> str:
    return _one_decimal_up(count / 1e6)


def _one_decimal_up(value: float) -> str:
    # Rounded up: one byte over the limit must not read as the limit itself.
    return f"{math.ceil(value * 10) / 10:g}"
