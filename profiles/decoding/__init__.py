"""Decoding in confined child processes. The only way strangers' bytes reach a decoder."""

from profiles.images.errors import DecoderUnavailable, ImageRefused, PictureError
from profiles.images.picture import DecodeRequest, NormalisedPicture

from .messages import RenderRequest
from .pool import Decoder, get_decoder
from .settings import DecoderSettings

__all__ = [
    "DecodeRequest",
    "Decoder",
    "DecoderSettings",
    "DecoderUnavailable",
    "ImageRefused",
    "NormalisedPicture",
    "PictureError",
    "RenderRequest",
    "get_decoder",
]
