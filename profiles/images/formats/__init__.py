"""The formats we read and the formats we write."""

from enum import StrEnum

from profiles.sentences import gettext_noop


class SourceFormat(StrEnum):
    """The format of a file. SVG is accepted from tokens only, and stored as pixels."""

    JPEG = "jpeg"
    PNG = "png"
    GIF = "gif"
    WEBP = "webp"
    AVIF = "avif"
    HEIC = "heic"
    BMP = "bmp"
    SVG = "svg"

    @property
    def label(self) -> str:
        return "WebP" if self is SourceFormat.WEBP else self.name


#: What people may upload, as they read it, and the media types that browsers give such files.
UPLOAD_NAMES = gettext_noop("JPEG, PNG, GIF, WebP, AVIF, HEIC and BMP")
UPLOAD_TYPES = (
    *("image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"),
    *("image/heic", "image/heif", "image/bmp"),
)


class OutputFormat(StrEnum):
    """A format that we encode and serve."""

    WEBP = "webp"
    AVIF = "avif"
    PNG = "png"
    JPEG = "jpeg"

    @property
    def content_type(self) -> str:
        return f"image/{self.value}"
