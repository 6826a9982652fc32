"""Snippets to put into pages, and pages as readers that are not ours see them."""

from html.parser import HTMLParser

from harness.model.problem import invalid
from harness.pages.snippet import Snippet, SnippetRequest

CODE = {
    "python": 'print("Grüße")\n\nif True:\n    print("`one`", "```")\n',
    "javascript": "const a = `x`;\n\n\tconsole.log(a); // <!-- /snippet -->\n",
    "curl": 'curl "$URL" \\\n    --data \'{"a": "<b>&amp;"}\'\n',
}
LABELS = {"python": "Python", "javascript": "C# & <Java> *Script*", "curl": 'The "cURL"'}


def snippets(request: SnippetRequest):
    """Small ones, for any scenario."""
    client = request.sample.partition("/")[0]
    if client not in {*CODE, "*"}:
        raise invalid(f"no sample matches {request.sample!r}", hint="did you mean python/basic?")
    return [
        Snippet(client=name, label=LABELS[name], fence=name, code=code)
        for name, code in CODE.items()
        if client in {name, "*"}
    ]


class Blocks(HTMLParser):
    """The text of every code block of a page of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._depth = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag == "pre":
            self.found.append("")
            self._depth += 1

    def handle_endtag(self, tag):
        self._depth -= tag == "pre"

    def handle_data(self, data):
        if self._depth:
            self.found[-1] += data
