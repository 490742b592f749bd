"""Decode in confined child processes. The only way strangers' bytes reach a decoder."""

from profiles.decoding.messages import RenderRequest
from profiles.decoding.pool import Decoder, get_decoder
from profiles.decoding.settings import DecoderSettings
from profiles.images.errors import DecoderUnavailable, ImageRefused, PictureError
from profiles.images.picture import DecodeRequest, NormalizedPicture

__all__ = [
    "DecodeRequest",
    "Decoder",
    "DecoderSettings",
    "DecoderUnavailable",
    "ImageRefused",
    "NormalizedPicture",
    "PictureError",
    "RenderRequest",
    "get_decoder",
]
