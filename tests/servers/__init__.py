"""Real servers for tests, as fixtures: each starts on first use, on its own port and folder, and leaves no process.

A server whose program is missing fails the test with the line that installs it; nothing is skipped.
"""
