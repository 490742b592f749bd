"""Convert any color mode and profile to plain 8-bit sRGB, as RGB or RGBA."""

from io import BytesIO

from PIL import Image, ImageCms

_PROFILE_SPACES = {"RGB": "RGB ", "RGBA": "RGB ", "L": "GRAY", "CMYK": "CMYK"}
_SIXTEEN_BIT = frozenset({"I;16", "I;16L", "I;16B", "I;16N", "I"})
#: Alpha → mask of what to blank: only what is fully transparent.
_HIDDEN = [255] + [0] * 255
_BROKEN_PROFILE = (ImageCms.PyCMSError, OSError, TypeError, ValueError)


class ToSrgb:
    """Convert the frames of one picture to sRGB. The profile is read once, and each transform is built once."""

    def __init__(self, icc_profile: bytes | None) -> None:
        self._profile = _open_profile(icc_profile)
        self._transforms: dict[str, ImageCms.ImageCmsTransform | None] = {}

    def __call__(self, image: Image.Image) -> Image.Image:
        if image.mode in _SIXTEEN_BIT:  # Pillow's own I → L conversion clips at 255 instead of scaling
            image = image.point(lambda value: value * (1 / 256)).convert("L")
        if image.mode == "LA" and self._profile is not None:
            return self._convert_gray_with_alpha(image)
        transform = self._transform_for(image.mode)
        if transform is not None:
            image = ImageCms.applyTransform(image, transform) or image
        if image.mode not in ("RGB", "RGBA"):
            image = image.convert("RGBA" if image.has_transparency_data else "RGB")
        return tidy_alpha(image)

    def _convert_gray_with_alpha(self, image: Image.Image) -> Image.Image:
        gray, alpha = image.split()
        colored = self(gray)
        colored.putalpha(alpha)
        return tidy_alpha(colored)

    def _transform_for(self, mode: str) -> ImageCms.ImageCmsTransform | None:
        if mode not in self._transforms:
            self._transforms[mode] = _build_transform(self._profile, mode)
        return self._transforms[mode]


def _open_profile(icc_profile: bytes | None) -> ImageCms.ImageCmsProfile | None:
    # Browsers show a picture with a broken profile as sRGB, so do we.
    if not icc_profile:
        return None
    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(icc_profile))
        already_srgb = ImageCms.getProfileDescription(profile).startswith("sRGB")
    except _BROKEN_PROFILE:
        return None
    return None if already_srgb else profile


def _build_transform(profile: ImageCms.ImageCmsProfile | None, mode: str) -> ImageCms.ImageCmsTransform | None:
    if profile is None or profile.profile.xcolor_space != _PROFILE_SPACES.get(mode):
        return None
    try:
        srgb = ImageCms.createProfile("sRGB")
        return ImageCms.buildTransform(profile, srgb, mode, "RGBA" if mode == "RGBA" else "RGB")
    except _BROKEN_PROFILE:
        return None


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
