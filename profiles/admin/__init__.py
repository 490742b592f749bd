"""Pages of the admin for people, pictures and what is recorded of them. They look, and act with a reason."""

from profiles.admin import blocks, people, pictures, records, reports, webhooks

__all__ = ["blocks", "people", "pictures", "records", "reports", "webhooks"]
