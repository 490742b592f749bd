"""The operations of `profiles` itself."""

from __future__ import annotations

from profiles.api.export import EXPORTS
from profiles.api.notices import NOTICES
from profiles.api.pictures import PICTURES
from profiles.api.profile import PROFILES, PUBLIC
from profiles.api.webhooks import WEBHOOK_GROUP

GROUPS = (PICTURES, PROFILES, NOTICES, WEBHOOK_GROUP, EXPORTS, PUBLIC)
