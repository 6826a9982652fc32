"""The site as a browser shows it. `make site-check` builds it, names the browser, and runs this."""

import json
import os
import subprocess
from itertools import product

import pytest
from npm import need_of

from harness.toolchain.packages import provide

HOW = [f"{width}-{theme}" for width, theme in product((1280, 360), ("light", "dark"))]

SPOILED = """\
<!doctype html><meta charset="utf-8"><title>T</title>
<script>console.error("oh no"); throw new Error("thrown")</script>
<script src="https://elsewhere.test/one.js"></script><link rel="stylesheet" href="gone.css">
<body style="background: white"><article>
<p style="width: 2000px">wide</p><p style="font-size: 7px">small</p>
<p style="color: #ccc">pale</p><img src="gone.png" alt="gone">
<div class="tabbed-set"><div class="tabbed-labels"><label>One</label><label>Two</label></div>
<div class="tabbed-content"><div>one</div><div>two</div></div></div>
</article>
"""
FOUND = [
    "console: oh no",
    "script: thrown",
    "asks for https://elsewhere.test/one.js",
    "asks for https://site.test/gone.css",
    "scrolls sideways: ",
    "sticks out: <p ",
    "text of 7 pixels: <p ",
    "no picture: https://site.test/gone.png",
    "tab One: shows nothing, or something else too",
    "Element has insufficient color contrast",
]


@pytest.fixture(scope="session")
def look(root, project):
    """Looks at every page of a folder, and takes pictures into another."""
    node = provide(need_of(root, project, "tests/browser")).words["node"]

    def look(site, pictures):
        pictures.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [node, root / "tests/browser/look.mjs", os.environ["SITE_BROWSER"], site, pictures],
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return look


@pytest.fixture(scope="session")
def looks(look, root):
    return look(root / "build/site", root / "build/look")


def test_every_page_is_seen_narrow_and_wide_light_and_dark(looks, root):
    site = root / "build/site"
    pages = [path.relative_to(site).as_posix() for path in site.rglob("*.html")]
    assert len(pages) > 9
    assert {(one["page"], one["how"]) for one in looks} == set(product(pages, HOW))
    for one in looks:
        name = f"{one['page'].replace('/', '-')}-{one['how']}.png"
        assert (root / "build/look" / name).stat().st_size > 0


def test_nothing_is_wrong_with_any_page(looks):
    assert [f"{one['page']} {one['how']}: {wrong}" for one in looks for wrong in one["wrong"]] == []


def test_every_tab_of_the_quickstarts_was_clicked(looks, project):
    # One for each shell; then one for each client, to install it and to run its samples.
    tabs = 3 + len(project.clients) * (1 + len(project.scenarios))
    quickstarts = [one for one in looks if one["page"].startswith("quickstart.")]
    assert len(quickstarts) >= 2 * len(HOW)
    assert [one["panes"] for one in quickstarts] == [tabs] * len(quickstarts)


def test_what_is_wrong_with_a_page_is_found(look, tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "page.html").write_text(SPOILED)
    for one in look(site, tmp_path / "pictures"):
        missed = [text for text in FOUND if not any(text in wrong for wrong in one["wrong"])]
        assert missed == [], one["wrong"]
