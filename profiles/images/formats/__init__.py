"""The formats we read and the formats we write."""

from enum import StrEnum


class SourceFormat(StrEnum):
    """What bytes turned out to be. SVG is accepted from tokens only, and only as pixels."""

    JPEG = "jpeg"
    PNG = "png"
    GIF = "gif"
    WEBP = "webp"
    AVIF = "avif"
    SVG = "svg"

    @property
    def label(self) -> str:
        return "WebP" if self is SourceFormat.WEBP else self.name


class OutputFormat(StrEnum):
    """What we encode and serve."""

    WEBP = "webp"
    AVIF = "avif"
    PNG = "png"
    JPEG = "jpeg"

    @property
    def content_type(self) -> str:
        return f"image/{self.value}"
