"""What the document says of pictures: what calls about them take and answer."""

from __future__ import annotations

from profiles.api.receipts import MARK_TEXT, RECEIPT, SIZE, SOURCE
from profiles.images.picture import MAX_ANGLE
from profiles.models import Avatar
from profiles.programs.schemas import (
    ADDRESS,
    COUNT,
    IDENTIFIER,
    MEDIA_TYPE,
    MOMENT,
    SHA256,
    TEXT,
    YES_NO,
    Schema,
    answer_of,
    described,
    input_of,
    list_of,
    one_of,
    or_null,
    page_of,
    ref,
    text_up_to,
)

# How many ids of the history `GET /me/picture` has; the list of pictures has the rest.
IDS = 100
ALT_TEXT = text_up_to(300, "What the picture shows, for people who can't see it.")
CROP: Schema = {
    "type": "string",
    "example": "0.5,0.25,0.6",
    "description": "The square to show, as x,y,size: its middle as fractions of the upright picture's width and "
    "height, and its side as a fraction of the shorter side. A square that crosses an edge is moved inside. Without it "
    "the middle is shown.",
}
KEEP_REST = described(
    {"type": "boolean", "default": True},
    "Whether to keep what a crop cuts off, for you alone, so that you can crop anew.",
)
_FRACTION: Schema = {"type": "number", "minimum": 0, "maximum": 1}
CROPPING = input_of(
    {
        "x": described(_FRACTION, "The middle of the square, as a fraction of the width. 0.5 by default."),
        "y": described(_FRACTION, "The middle of the square, as a fraction of the height. 0.5 by default."),
        "size": described(_FRACTION, "Its side, as a fraction of the shorter side, above 0. 1 by default."),
        "turn": {
            "type": "integer",
            "minimum": 0,
            "maximum": 3,
            "description": "Quarters to the right, first.",
        },
        "mirror": YES_NO,
        "angle": {
            "type": "number",
            "minimum": -MAX_ANGLE,
            "maximum": MAX_ANGLE,
            "description": "Degrees clockwise, to straighten it.",
        },
    },
    example={"x": 0.5, "y": 0.25, "size": 0.6},
)
SCHEMAS: dict[str, Schema] = {
    "Size": SIZE,
    "CurrentPicture": answer_of(
        {
            **RECEIPT,
            "mark_text": MARK_TEXT,
            "id": or_null(IDENTIFIER, "In the history; null where there is no picture."),
            "history": list_of(IDENTIFIER, "Chosen last first.", most=IDS),
        },
        "What others see of you now.",
    ),
    "Picture": answer_of(
        {
            "id": IDENTIFIER,
            "source": SOURCE,
            "state": one_of([state.value for state in Avatar.State]),
            "reason": described(TEXT, "Why it was withdrawn, held or removed; else empty."),
            "is_current": described(YES_NO, "It is what others see now."),
            "mark": YES_NO,
            "mark_text": MARK_TEXT,
            "title": TEXT,
            "alt_text": TEXT,
            "asset": or_null(TEXT, "What it was taken from, as its source names it; null for uploads."),
            "created_at": MOMENT,
            "chosen_at": described(MOMENT, "When its owner last made it their picture."),
            "sha256": SHA256,
            "type": MEDIA_TYPE,
            "width": COUNT,
            "height": COUNT,
            "frames": COUNT,
            "url": or_null(ADDRESS, "The largest square, immutable; null once removed."),
        },
        "An entry of your history.",
    ),
    "Pictures": page_of("pictures", "Picture", "A page of your history, chosen last first."),
    "Removal": answer_of(
        {
            "removed": ref("Picture"),
            "restorable_until": or_null(MOMENT, "Then it is erased; null where it can't be restored."),
            "picture": or_null(ref("Picture"), "What others see instead: the picture chosen before, or none."),
        },
        "What was removed, and what came back.",
    ),
}
