"""What the staff's desk (`profiles.desk`) shows of chains, tokens and files, and lets staff do."""
