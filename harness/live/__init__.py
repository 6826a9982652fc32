"""Samples against a live endpoint: where it is, what it allows, and whose fault a failure is."""
