"""Pages: fenced blocks and the samples put into them; receipts that allow it, and exports."""
