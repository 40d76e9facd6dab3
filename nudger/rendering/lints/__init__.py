"""What a careful reader would say about a pool: one kind of finding, one file."""
