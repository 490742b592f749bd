"""Import people's pictures from elsewhere: django-avatar, an image field, Gravatar, Libravatar, a folder or a CSV file.

- entries: what a source yields, and the outcomes; a project's own sources are written against it.
- run: reads a source, and has workers import the pictures of one person after the other.
- journal: what was done, in a file, so that a run that was killed goes on.
"""
