"""Archive formats: what is in one, and how its members come out."""
