"""Real servers for tests, as fixtures. Each starts on first use, with its own port and folder, and leaves no process.

If a server's program is missing, the test fails with the command that installs it. Nothing is skipped.
"""
