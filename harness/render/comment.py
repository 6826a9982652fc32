"""Free text as lines of comment that nothing in the text can end."""

from __future__ import annotations

from textwrap import wrap


def comment(text: str, prefix: str, width: int = 80) -> str:
    """Wrap a text into lines that all begin with a prefix, like `# `.

    Whatever is white space, and whatever cannot be seen (line breaks of every script, control
    characters), becomes a space: so each line is one line to every language, and a comment that
    reaches to the end of its line ends where we end it.

    A language that reads declarations from a file's first comments (Python: PEP 263, Ruby) should
    begin its template with something else.

    Args:
        text: Any text.
        prefix: What begins each line.
        width: The longest line, in characters, prefix included.
    """
    seen = "".join(char if char.isprintable() else " " for char in text)
    lines = wrap(" ".join(seen.split()), max(width - len(prefix), 20), break_on_hyphens=False)
    return "\n".join(f"{prefix}{line}".rstrip() for line in lines or [""])
