"""Each tab format, read by its own ecosystem."""

import base64
import hashlib
import json
import re
import subprocess
import tarfile
from html import unescape

import cmarkgfm
import markdown
import pytest
from cmarkgfm.cmark import Options
from npm import need_of
from shown import CODE, LABELS, Blocks, snippets

from harness.pages import tabs
from harness.pages.inject import inject
from harness.pages.page import read
from harness.toolchain.node import find_node
from harness.toolchain.packages import provide
from harness.toolchain.state import installed

MARKED = '<!-- snippet: basic tabs={} title="T" -->\n<!-- /snippet -->\n'


def page(form, file):
    text = MARKED.format(form)
    if file.endswith("mdx"):
        text = text.replace("<!--", "{/*").replace("-->", "*/}")
    result = inject(text.encode(), file, snippets)
    assert result.problems == ()
    return result.content.decode()


def github(text):
    return cmarkgfm.github_flavored_markdown_to_html(text, Options.CMARK_OPT_UNSAFE)


def mkdocs(text):
    """As MkDocs Material is set up to show code and tabs."""
    names = ["superfences", "tabbed", "details", "highlight"]
    return markdown.markdown(
        text,
        extensions=["admonition", "attr_list", "md_in_html", *(f"pymdownx.{one}" for one in names)],
        extension_configs={"pymdownx.tabbed": {"alternate_style": True}},
    )


def plain(html):
    """The text of HTML, as a browser shows it."""
    return unescape(re.sub(r"<[^>]*>", "", html))


@pytest.mark.parametrize("form", tabs.formats())
@pytest.mark.parametrize("file", ["page.md", "page.mdx"])
def test_our_own_reader_finds_every_sample_again(form, file):
    found = read(page(form, file=file).encode(), mdx=file.endswith("mdx")).fences
    assert [fence.code.decode() for fence in found] == list(CODE.values())
    assert [fence.info for fence in found] == [f'{client} title="T"' for client in CODE]


def test_the_help_and_the_folder_name_the_same_formats():
    from harness.cli.docs.inject import command

    shown = re.search(r"FORMAT is one of\s+([a-z, \n]+)\n\n", command.help)[1]
    assert re.split(r",\s+", shown) == tabs.formats()


def test_tabs_hold_all_of_a_way():
    way = tabs.Tab(client="a", label="A", block="x\n\n```sh\ny\n```")
    assert tabs.side_by_side("mkdocs", [way]) == '=== "A"\n\n    x\n\n    ```sh\n    y\n    ```'


@pytest.mark.parametrize("form", ["plain", "details"])
@pytest.mark.parametrize("before", ["", "> ", "- "], ids=["alone", "quote", "list"])
def test_github_shows_labels_and_code(form, before):
    marked = MARKED.format(form).splitlines()
    inner = "> " if before == "> " else " " * len(before)
    text = f"{before}{marked[0]}\n{inner}{marked[1]}\n"
    html = github(inject(text.encode(), "page.md", snippets).content.decode())
    assert Blocks(html).found == list(CODE.values())
    tag = {"plain": "strong", "details": "summary"}[form]
    labels = re.findall(f"<{tag}>(.*?)</{tag}>", html)
    assert [plain(label) for label in labels] == list(LABELS.values())
    assert html.count("<details open>") == html.count("</details>") // 3
    assert 'lang="python"' in html


@pytest.mark.parametrize("inside", [False, True], ids=["alone", "in a tab"])
def test_mkdocs_shows_tabs(inside):
    text = MARKED.format("mkdocs")
    if inside:
        text = '=== "Outer"\n\n    ' + text.replace("\n", "\n    ").rstrip(" ")
    html = mkdocs(inject(text.encode(), "page.md", snippets).content.decode())
    labels = re.findall(r'<label for="[^"]*">(.*?)</label>', html)
    assert [plain(label) for label in labels] == ["Outer"] * inside + list(LABELS.values())
    # Python-Markdown itself makes spaces of tabs.
    assert Blocks(html).found == [code.expandtabs(4) for code in CODE.values()]
    assert html.count('class="tabbed-block"') == len(labels)
    assert html.count('<span class="filename">T</span>') == len(CODE)


CONTEXTS = {
    "alone": ("", ""),
    "after text": ("text\n\n", ""),
    "in a tab": ('=== "A"\n\n    ', "    "),
    "in an admonition": ("!!! note\n\n    ", "    "),
    "in a closed block": ('??? note "More"\n\n    ', "    "),
    "in a list": ("- a\n\n    ", "    "),
}


@pytest.mark.parametrize(("before", "inner"), CONTEXTS.values(), ids=CONTEXTS)
@pytest.mark.parametrize("after", ["", "\ntext\n"])
def test_mkdocs_shows_a_block_wherever_it_stands(before, inner, after):
    text = f"{before}<!-- snippet: python/basic -->\n{inner}<!-- /snippet -->\n{after}"
    html = mkdocs(inject(text.encode(), "page.md", snippets).content.decode())
    assert Blocks(html).found == [CODE["python"]]
    assert "`" not in plain(html).replace(CODE["python"], "")


@pytest.fixture(scope="session")
def need(root, project):
    """For MDX's own compiler."""
    return need_of(root, project, "tests/pages/mdx")


@pytest.fixture(scope="session")
def mdx(need):
    """Reads pages."""
    node = provide(need).words["node"]

    def _mdx(*pages):
        done = subprocess.run(
            [node, need.folder / "read.mjs"],
            input=json.dumps(pages),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return _mdx


def elements(tree, kind):
    """Every element of a kind, in order."""
    if isinstance(tree, dict):
        if tree["type"] == kind:
            yield tree
        for child in tree["children"]:
            yield from elements(child, kind)


def text_of(tree):
    return tree if isinstance(tree, str) else "".join(map(text_of, tree["children"]))


@pytest.mark.parametrize("form", ["docusaurus", "starlight"])
def test_mdx_shows_tabs(form, mdx):
    alone = page(form, file="page.mdx")
    listed = "- a\n\n" + "".join(
        f"  {line}".rstrip(" ") for line in MARKED.format(form).splitlines(keepends=True)
    ).replace("<!--", "{/*").replace("-->", "*/}")
    listed = inject(listed.encode(), "page.mdx", snippets).content.decode()
    for tree in mdx(alone, listed):
        (group,) = elements(tree, "Tabs")
        items = list(elements(group, "TabItem"))
        assert [item["props"]["label"] for item in items] == list(LABELS.values())
        if form == "docusaurus":
            assert [item["props"]["value"] for item in items] == list(CODE)
        codes = [code for item in items for code in elements(item, "code")]
        assert [text_of(code) for code in codes] == list(CODE.values())
        assert [code["props"]["className"] for code in codes] == [f"language-{x}" for x in CODE]


def test_mdx_shows_a_block_within_an_element_and_a_list(mdx):
    marked = "{/* snippet: python/basic */}\n@{/* /snippet */}\n"
    pages = [
        "text\n\n" + marked.replace("@", ""),
        "<Tabs>\n      " + marked.replace("@", "      ") + "</Tabs>\n",
        "1. " + marked.replace("@", "   "),
        "> " + marked.replace("@", "> ") + "\ntext\n",
    ]
    made = [inject(one.encode(), "page.mdx", snippets).content.decode() for one in pages]
    for tree in mdx(*made):
        assert [text_of(code) for code in elements(tree, "code")] == [CODE["python"]]


PACKAGES = {
    "docusaurus-theme-classic-3.10.2": (
        "JqTSLQmqmA9uKWZsD5iwBGJ4JyKB4/yTw6PsSXVPRJG/6GAm/u+add9Iip+hvwP12/AnPNztrdxsI14NJW4KeA=="
    ),
    "docusaurus-theme-common-3.10.2": (
        "R9b/vMpK1yye6hNZTA6x/ivRv+at6GhxnXcxkpzCGzO1R1RwiquqiFg2wMFh6aqlJTpWRFKpFD2TzCDQcyOU0A=="
    ),
    "astrojs-starlight-0.42.4": (
        "EsQsqGJ1uTBQcIMojvLqqg4Ku9idwi6PSNuppIOoYmvVP18xjoUkijMdKoDkhmmwKdhbB4ctLhGjPRJzxaq+Jw=="
    ),
}


@pytest.fixture(scope="session")
def published(need):
    """A file of a published package; the package alone is fetched, and not what it needs."""

    def fetch(name, digest, folder):
        scope, _, rest = name.partition("-")
        package, _, version = rest.rpartition("-")
        command = [
            *find_node(need, {}).npm,
            "pack",
            "--loglevel=error",
            f"@{scope}/{package}@{version}",
        ]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        content = (folder / f"{name}.tgz").read_bytes()
        assert base64.b64encode(hashlib.sha512(content).digest()).decode() == digest

    def _published(name, path):
        digest = PACKAGES[name]
        folder = need.state / "node" / f"packed-{name}"
        installed(folder, lambda new: fetch(name, digest, new), print, f"{name}.tgz")
        with tarfile.open(folder / f"{name}.tgz") as archive:
            return archive.extractfile(f"package/{path}").read().decode()

    return _published


def test_docusaurus_has_the_components_and_properties_that_are_written(published):
    classic, common = (name for name in PACKAGES if name.startswith("docusaurus"))
    for component in ("Tabs", "TabItem"):
        module = published(classic, f"lib/theme/{component}/index.js")
        assert f"export default function {component}(" in module
    types = published(common, "lib/utils/tabsUtils.d.ts")
    tabs_props, item_props = (
        re.search(rf"interface {name} \{{(.*?)\n\}}", types, re.DOTALL)[1]
        for name in ("TabsProps", "TabItemProps")
    )
    written = page("docusaurus", file="page.mdx")
    assert set(re.findall(r"<Tabs (\w+)=", written)) == {"groupId"}
    assert "groupId?: string;" in tabs_props
    assert {"value: string;", "label?: string;"} <= set(re.findall(r"readonly (.*)", item_props))


def test_starlight_has_the_components_and_properties_that_are_written(published):
    (name,) = (name for name in PACKAGES if "starlight" in name)
    package = json.loads(published(name, "package.json"))
    exported = published(name, package["exports"]["./components"].removeprefix("./"))
    for component, prop in (("Tabs", "syncKey?: string;"), ("TabItem", "label: string;")):
        path = re.search(rf"export \{{ default as {component} \}} from '\./(.*)'", exported)[1]
        assert prop in published(name, f"dist/{path}")
    assert set(re.findall(r"<Tabs (\w+)=", page("starlight", file="page.mdx"))) == {"syncKey"}
