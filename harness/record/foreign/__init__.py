"""Recordings that others made. What they have lost, chunks and times, is unknown, not invented."""
