from profiles.models.access import ApiAnswer, ApiToken, UploadTicket
from profiles.models.blocks import Block, BlockHash, BlockMark, Classification, Hold, ImageHash
from profiles.models.desk import StaffNote
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
from profiles.models.reports import MAX_WORDS, Reason, Report, ReportCase, Verdict
from profiles.models.upkeep import StoreShard
from profiles.models.webhooks import WebhookDelivery, WebhookEndpoint, WebhookEvent

__all__ = [
    "HANDLE_PATTERN",
    "HANDLE_RULE",
    "MAX_WORDS",
    "NEUTRAL_HANDLE",
    "AccountDeletion",
    "ApiAnswer",
    "ApiToken",
    "AuditEntry",
    "Avatar",
    "AvatarQuerySet",
    "Block",
    "BlockHash",
    "BlockMark",
    "Classification",
    "DataExport",
    "EmailName",
    "FormerHandle",
    "Hold",
    "ImageHash",
    "LinkCheck",
    "Notice",
    "Profile",
    "Reason",
    "Rendition",
    "Report",
    "ReportCase",
    "RetiredHandle",
    "StaffNote",
    "StoreShard",
    "StoredImage",
    "UploadTicket",
    "Verdict",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookEvent",
    "is_neutral_handle",
]
