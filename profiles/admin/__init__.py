"""Pages of the admin for people, pictures and what is recorded of them. They look, and act with a reason."""

from profiles.admin import people, pictures, records

__all__ = ["people", "pictures", "records"]
