"""The site: built strictly, whole, and from nowhere but this machine."""

import os
import subprocess
import sys
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest


class Page(HTMLParser):
    """What a page links to, what it loads, and what can be linked to in it."""

    def __init__(self, text):
        super().__init__()
        self.links, self.loads, self.anchors = [], [], {""}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.anchors.add(given.get("id", ""))
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "link" and given.get("rel") not in {"canonical", "prev", "next"}:
            self.loads.append(given["href"])
        elif "src" in given:
            self.loads.append(given["src"])


@pytest.fixture(scope="session")
def site(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", folder],
        cwd=root,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return {path: Page(path.read_text("utf-8")) for path in folder.rglob("*.html")}


def test_every_page_is_there(site, root):
    built = {path.stem for path in site}
    pages = [path.stem for path in (root / "docs").rglob("*.md")]
    assert len(pages) >= 8
    assert [page for page in pages if page not in built] == []


def test_no_link_is_broken(site):
    checked = 0
    for path, page in site.items():
        if path.name == "404.html":  # served from anywhere: its links begin at the site's root
            continue
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            assert target in site, f"{path.name}: {link}"
            assert unquote(parts.fragment) in site[target].anchors, f"{path.name}: {link}"
            checked += 1
    assert checked > 50


def test_nothing_is_loaded_from_elsewhere(site):
    for path, page in site.items():
        assert page.loads
        assert [one for one in page.loads if urlsplit(one).netloc] == [], path.name


def test_quickstarts_have_tabs_and_their_language(site, whole_project):
    for code in ("en", "fr"):
        (path,) = (path for path in site if path.name == f"quickstart.{code}.html")
        text = path.read_text("utf-8")
        assert f'<div lang="{code}">' in text
        assert "GitHub Models" in text.partition("<title>")[2].partition("</title>")[0]
        assert text.count('class="tabbed-set') == 2 + len(whole_project.scenarios)
        assert "=== &quot;" not in text


def test_the_report_page_names_every_field_of_the_schema(site):
    (path,) = (path for path in site if path.name == "report-format.html")
    text = path.read_text("utf-8")
    for field in ("cells", "sample.sha256", "findings[].check", "exit.left_behind", "counts"):
        assert f"<code>{field}</code>" in text, field
