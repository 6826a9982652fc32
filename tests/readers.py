"""What readers of our output obey, as small models of them; and text that tries to be obeyed."""

import re
import unicodedata
from html.parser import HTMLParser

import cmarkgfm
from cmarkgfm.cmark import Options
from hypothesis import strategies as st

NASTY = [
    "::error file=README.md,line=1::made up",
    "::add-mask::a",
    "::stop-commands::token",
    "::set-output name=x::y",
    "::",
    ":",
    "##[error]made up",
    "##[command]x",
    "##vso[task.complete result=Failed;]",
    "##teamcity[buildStop]",
    "#",
    "[",
    "section_start:1560896352:name\r\x1b[0K",
    "%0a",
    "%0D",
    "%25",
    "\r",
    "\n",
    "\n\n",
    "\t",
    " ",
    "\xa0",
    "\u3000",
    "\x1b[31m",
    "\x1b]0;title\x07",
    "\x9b2J",
    "\x08\x7f\x00",
    "\u202e",
    "\u2066",
    "\u200b",
    "\u200d",
    "\xad",
    "\ufeff",
    "\u034f",
    "\u3164",
    "\ufe0f",
    "\U000e0041",
    "\u2028",
    "\u2029",
    "\x85",
    "\x0b\x0c",
    "\x1c",
    "\ud83d",
    "\ufffe",
    "\u0301",
    "```",
    "~~~",
    "`",
    "|",
    "\\|",
    "</pre>",
    "</details>",
    "<script>x</script>",
    "<!--",
    "-->",
    "]]>",
    "&amp;",
    "@octocat",
    "#123",
    "http://a.example/x.png",
    "www.example.com",
    "![x](http://a.example/x.png)",
    "[red]x[/red]",
    "[/]",
    "**x**",
    "# x",
    "日本",
    "❤\ufe0f",
    "\\",
]

HOSTILE = st.lists(st.sampled_from(NASTY) | st.text(st.characters(), max_size=3), max_size=12).map(
    "".join
)


def commands(text):
    """Lines that a CI system takes for commands.

    GitHub's runner cuts at each carriage return and line feed, trims white space of any kind, and
    compares as a culture does, to which some characters are nothing: here all those that are
    neither ASCII nor letters. Source: actions/runner, `ActionCommand.cs` and `OutputManager.cs`.
    """
    found = []
    for line in re.split(r"\r\n|\r|\n", text):
        seen = "".join(c for c in line if c.isascii() or c.isalnum() or c.isspace())
        seen = re.sub(r"[\x00-\x08\x0e-\x1b\x7f]", "", seen)
        begins = seen.lstrip().startswith("::")
        if begins or re.search(r"##\w*\[", seen):
            found.append(line)
    return found + re.findall(r"section_(?:start|end):\d+:[^\n]*\r", text)


def moves(text):
    """Characters that a terminal acts on, or that hide or turn what stands around them."""
    odd = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return [c for c in text if unicodedata.category(c) in odd and c not in "\n\t"]


class _Structure(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags = []
        self.texts = []
        self.open = False

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, *attrs))
        self.texts.append("")
        self.open = True

    def handle_endtag(self, tag):
        self.tags.append(f"/{tag}")
        self.open = False

    def handle_comment(self, data):
        self.tags.append("comment")

    def handle_data(self, data):
        if self.open:
            self.texts[-1] += data


def rendered(markdown):
    """Markdown as GitHub renders it: its elements in order, and the text right in each of them."""
    options = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_GITHUB_PRE_LANG
    parser = _Structure()
    parser.feed(cmarkgfm.github_flavored_markdown_to_html(markdown, options))
    parser.close()
    return parser.tags, parser.texts
