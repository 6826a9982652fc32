"""Reports: the immutable result of one run as NDJSON, and every other format drawn from it."""
