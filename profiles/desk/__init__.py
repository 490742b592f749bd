"""The staff's desk: what needs a person, one search, one page for a person and one for a picture."""
