"""Archive formats: what is in one, how its members come out, and how the publisher packs one."""
