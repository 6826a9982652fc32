"""The schemas of what this package writes."""
