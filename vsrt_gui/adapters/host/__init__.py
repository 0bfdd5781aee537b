"""What only the operating system can tell or do."""
