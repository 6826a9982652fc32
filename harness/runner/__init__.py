"""Running samples: a starter, a terminal, a private folder, and what was observed."""
