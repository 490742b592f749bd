"""What runs in processes of their own: our work, and the same by others."""
