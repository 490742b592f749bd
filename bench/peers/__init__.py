"""Programs that run in processes of their own: our work, and the same work by other libraries."""
