"""What the site has beside the pages as they stand: quickstarts in tabs, and the report's schema."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.exceptions import PluginError

from harness.model.project import open_project
from harness.pages import quickstart
from harness.pages.proof import Gate, sort

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parent.parent
SCHEMA = "<!-- schema -->"


def on_config(config: MkDocsConfig) -> None:
    """Put the quickstarts of all languages into the navigation."""
    for entry in config.nav:
        if "Quickstart" in entry:
            entry["Quickstart"] = [
                {page.language: Path(page.path).name} for page in _quickstarts().values()
            ]


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Give a quickstart its tabs, and the report's page its tables."""
    shown = _quickstarts().get(f"docs/{page.file.src_uri}")
    if shown is not None:
        code = page.file.src_uri.split(".")[1]
        page.meta["title"] = shown.text.partition("\n# ")[2].partition("\n")[0]  # not its language
        return f'<div lang="{code}" markdown>\n\n{shown.text}\n</div>\n'
    return markdown.replace(SCHEMA, "\n".join(_tables()))


@cache
def _quickstarts() -> dict[str, quickstart.Page]:
    project = open_project(ROOT)
    proven, unproven = sort(map(Gate(ROOT).look, project.cells()))
    if unproven:
        raise PluginError("what is not proven is not published; run: make docs")
    return {page.path: page for page in quickstart.pages(ROOT, project, proven, "mkdocs")}


def _tables() -> Iterator[str]:
    folder = resources.files("harness.report.schemas")
    schema = json.loads(folder.joinpath("report.schema.json").read_text("utf-8"))
    for line in schema["oneOf"]:
        name = line["$ref"].rpartition("/")[2]
        yield f"\n## `{name}`\n"
        yield "| field | what it holds |\n| --- | --- |"
        yield from _rows(schema["$defs"], schema["$defs"][name], "")


def _rows(shared: dict[str, Any], value: dict[str, Any], prefix: str) -> Iterator[str]:
    """A row for each field, and for the fields in it; what may be absent is marked with a `?`."""
    for name, given in value.get("properties", {}).items():
        field = _resolved(shared, given)
        optional = "" if name in value.get("required", ()) else "?"
        path = f"{prefix}{name}"
        kind = _kind(shared, field).replace("|", "\\|")
        meaning = ". ".join(filter(None, [f"*{kind}*", field.get("description", "")]))
        yield f"| `{path}{optional}` | {meaning} |"
        yield from _rows(shared, field, f"{path}.")
        if "items" in field:
            yield from _rows(shared, _resolved(shared, field["items"]), f"{path}[].")


def _resolved(shared: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """What a reference means; a description beside it comes first."""
    if "$ref" in value:
        return {**shared[value["$ref"].rpartition("/")[2]], **value}
    return value


def _kind(shared: dict[str, Any], value: dict[str, Any]) -> str:
    if "const" in value:
        return f"`{json.dumps(value['const'])}`"
    if "enum" in value:
        return ", ".join(f"`{json.dumps(one)}`" for one in value["enum"])
    for several in ("oneOf", "anyOf"):
        if several in value:
            return " or ".join(_kind(shared, _resolved(shared, one)) for one in value[several])
    kind = value.get("type", "anything")
    if kind == "array" and "items" in value:
        return f"array of {_kind(shared, _resolved(shared, value['items']))}"
    return kind if isinstance(kind, str) else " or ".join(kind)
