from profiles.models.access import ApiToken, UploadTicket
from profiles.models.links import LinkCheck
from profiles.models.notices import Notice
from profiles.models.own_data import AccountDeletion, DataExport, RetiredHandle
from profiles.models.people import (
    HANDLE_PATTERN,
    HANDLE_RULE,
    NEUTRAL_HANDLE,
    AuditEntry,
    EmailName,
    FormerHandle,
    Profile,
    is_neutral_handle,
)
from profiles.models.pictures import Avatar, AvatarQuerySet, Rendition, StoredImage
from profiles.models.upkeep import StoreShard

__all__ = [
    "HANDLE_PATTERN",
    "HANDLE_RULE",
    "NEUTRAL_HANDLE",
    "AccountDeletion",
    "ApiToken",
    "AuditEntry",
    "Avatar",
    "AvatarQuerySet",
    "DataExport",
    "EmailName",
    "FormerHandle",
    "LinkCheck",
    "Notice",
    "Profile",
    "Rendition",
    "RetiredHandle",
    "StoreShard",
    "StoredImage",
    "UploadTicket",
    "is_neutral_handle",
]
