"""Convert any color mode and profile to plain 8-bit sRGB, as RGB or RGBA."""

from io import BytesIO

from PIL import Image, ImageChops, ImageCms, ImageFilter

from profiles.images.color_tags import Colors

_PROFILE_SPACES = {"RGB": "RGB ", "RGBA": "RGB ", "L": "GRAY", "CMYK": "CMYK"}
_SIXTEEN_BIT = frozenset({"I;16", "I;16L", "I;16B", "I;16N", "I"})
#: Alpha → mask of what to blank: only what is fully transparent.
_HIDDEN = [255] + [0] * 255
#: Colors of profiles that mean the same differ by up to 2.
_BEYOND_ROUNDING = [0] * 3 + [255] * 253
_BROKEN_PROFILE = (ImageCms.PyCMSError, OSError, TypeError, ValueError)


class ToSrgb:
    """Convert the frames of one picture to sRGB. The profile is read once, and each transform is built once."""

    def __init__(self, colors: Colors) -> None:
        self._table = colors if isinstance(colors, ImageFilter.Color3DLUT) else None
        self._profile = _open_profile(colors) if isinstance(colors, bytes) else None
        self._transforms: dict[str, ImageCms.ImageCmsTransform | None] = {}

    def __call__(self, image: Image.Image) -> Image.Image:
        if image.mode in _SIXTEEN_BIT:  # Pillow's own I → L conversion clips at 255 instead of scaling
            image = image.point(lambda value: value * (1 / 256)).convert("L")
        if self._table is not None:
            return tidy_alpha(image.convert("RGBA" if image.has_transparency_data else "RGB").filter(self._table))
        if image.mode in ("L", "LA") and self._is_for("RGB "):  # as PNG's chunks describe gray pictures
            image = image.convert("RGB" if image.mode == "L" else "RGBA")
        if image.mode == "LA" and self._profile is not None:
            return self._convert_gray_with_alpha(image)
        transform = self._transform_for(image.mode)
        if transform is not None:
            image = ImageCms.applyTransform(image, transform) or image
        if image.mode not in ("RGB", "RGBA"):
            image = image.convert("RGBA" if image.has_transparency_data else "RGB")
        return tidy_alpha(image)

    def _is_for(self, space: str) -> bool:
        return self._profile is not None and self._profile.profile.xcolor_space == space

    def _convert_gray_with_alpha(self, image: Image.Image) -> Image.Image:
        gray, alpha = image.split()
        colored = self(gray)
        colored.putalpha(alpha)
        return tidy_alpha(colored)

    def _transform_for(self, mode: str) -> ImageCms.ImageCmsTransform | None:
        if mode not in self._transforms:
            self._transforms[mode] = _build_transform(self._profile, mode)
        return self._transforms[mode]


def _open_profile(icc_profile: bytes) -> ImageCms.ImageCmsProfile | None:
    # Browsers show a picture with a broken profile as sRGB, so do we.
    try:
        return ImageCms.ImageCmsProfile(BytesIO(icc_profile))
    except _BROKEN_PROFILE:
        return None


def _build_transform(profile: ImageCms.ImageCmsProfile | None, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the transform to sRGB, None where the profile is not for such pixels, is broken, or changes nothing."""
    if profile is None or profile.profile.xcolor_space != _PROFILE_SPACES.get(mode):
        return None
    try:
        srgb = ImageCms.createProfile("sRGB")
        transform = ImageCms.buildTransform(profile, srgb, mode, "RGBA" if mode == "RGBA" else "RGB")
        return None if mode in ("RGB", "RGBA") and _changes_nothing(transform, mode) else transform
    except _BROKEN_PROFILE:
        return None


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Return whether sRGB is its own result. A profile's name does not say so: some call others sRGB."""
    levels = range(0, 256, 51)
    sample = Image.new("RGB", (6, 36))
    sample.putdata([(red, green, blue) for red in levels for green in levels for blue in levels])
    converted = ImageCms.applyTransform(sample.convert(mode), transform) or sample
    difference = ImageChops.difference(sample, converted.convert("RGB"))
    return all(band.point(_BEYOND_ROUNDING).getbbox() is None for band in difference.split())


def tidy_alpha(image: Image.Image) -> Image.Image:
    """Drop an alpha channel that is opaque everywhere, and blank the colors under full transparency.

    What a person erased must not remain in our copy, not even as the averages libwebp would keep.
    """
    if image.mode != "RGBA":
        return image
    alpha = image.getchannel("A")
    lowest, _highest = alpha.getextrema()
    if lowest == 255:
        return image.convert("RGB")
    if lowest == 0:
        image.paste((0, 0, 0, 0), mask=alpha.point(_HIDDEN))
    return image
