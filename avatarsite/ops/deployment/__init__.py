"""Checks of a deployment: connect to everything that the site uses, say what is wrong and the command that mends it."""
