"""What runs every night: the newest packages beside the pinned ones, and what is told of failures."""
