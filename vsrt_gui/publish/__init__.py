"""The release engineer's tool: builds, checks and serves a catalog."""
