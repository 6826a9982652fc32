"""What is published: pages, receipts that allow it, and exports."""
