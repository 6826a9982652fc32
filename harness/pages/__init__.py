"""Pages: fenced blocks, read out of Markdown and MDX, and samples put into them."""
