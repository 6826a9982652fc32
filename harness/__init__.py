"""Run API samples exactly as published, and prove that every language's sample does the same."""

__version__ = "0.1.0"
