"""From a cell to its sample: a client's template, its spellings, and what is committed."""
