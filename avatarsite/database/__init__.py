"""The database backend of the site: Django's for PostgreSQL, with a limit to how long a process waits."""
