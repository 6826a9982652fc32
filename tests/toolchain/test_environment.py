import os
from pathlib import Path

import pytest

from harness.nightly.github import GitHub
from harness.nightly.proposal import Clone
from harness.pages.git_files import Repository
from harness.toolchain import environment, packages
from harness.toolchain.node import Node
from harness.toolchain.ready import check, prepare
from harness.toolchain.uv import uv

KEYS = {
    "SAMPLEPROOF_KEY": "k1",
    "OPENAI_API_KEY": "k2",
    "AZURE_TOKEN": "k3",
    "AWS_SECRET_ACCESS_KEY": "k4",
    "UV_PUBLISH_TOKEN": "k5",
    "NODE_OPTIONS": "--require ./k6.js",
    "PYTHONPATH": "k7",
    "LD_PRELOAD_NOT": "k8",
    "MY_PASSWORD": "k9",
}
WANTED = {
    "HTTPS_PROXY": "http://proxy:1",
    "SSL_CERT_FILE": "/etc/own.pem",
    "UV_DEFAULT_INDEX": "https://user:word@index.example/simple",
    "UV_INDEX_OWN_PASSWORD": "word",
    "npm_config_registry": "https://npm.example/",
    "NPM_CONFIG_CAFILE": "/etc/own.pem",
    "GH_TOKEN": "for gh",
    "SSH_AUTH_SOCK": "/run/agent",
}


@pytest.fixture
def user(tmp_path, monkeypatch):
    """A user with keys and settings, a home, and programs that print what they are given."""
    home, folder = tmp_path / "home", tmp_path / "bin"
    for name in ("uv", "npm", "node", "gh", "git", "jq"):
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(
            f"#!/bin/sh\n/usr/bin/env -0 >> {tmp_path}/{name}.given\necho 1.2\n"
        )
        (folder / name).chmod(0o755)
    home.mkdir()
    for name in os.environ:
        if name.startswith(("UV_", "npm_", "XDG_")):
            monkeypatch.delenv(name)
    for name, value in (KEYS | WANTED).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATH", f":{folder}:.:{home}/project:/usr/bin:/bin")
    monkeypatch.setattr("harness.toolchain.uv.find_uv", lambda: folder / "uv")

    def given(name):
        said = (tmp_path / f"{name}.given").read_text().rstrip("\0").split("\0")
        found = dict(one.split("=", 1) for one in said if "=" in one)
        assert not [one for one in said if one.partition("=")[2] in KEYS.values()]
        assert [one for one in found["PATH"].split(":") if not one.startswith("/")] == []
        return found

    given.home, given.folder = home, folder
    return given


def test_uv_gets_the_users_indexes_and_no_keys(user):
    uv(["pip", "list"], doing="listing")
    given = user("uv")
    assert {name for name in WANTED if name in given} == {
        *("HTTPS_PROXY", "SSL_CERT_FILE", "UV_DEFAULT_INDEX", "UV_INDEX_OWN_PASSWORD")
    }
    assert given["UV_CACHE_DIR"] == f"{user.home}/.cache/uv"
    assert given["HOME"] != str(user.home)
    assert not Path(given["HOME"]).exists(), "it was left behind"


def test_npm_gets_the_users_settings_the_variables_they_name_and_no_keys(
    user, make_need, monkeypatch, tmp_path
):
    (user.home / ".npmrc").write_text("//npm.example/:_authToken=${OWN_NPM}\n")
    monkeypatch.setenv("OWN_NPM", "named")
    node = Node(path=str(tmp_path / "bin/node"), version="24.0.0", npm=(str(tmp_path / "bin/npm"),))
    packages.npm(make_need("node"), node, ["ci"], doing="installing", folder=tmp_path)
    given = user("npm")
    assert {name for name in WANTED if name in given} == {
        *("HTTPS_PROXY", "SSL_CERT_FILE", "npm_config_registry", "NPM_CONFIG_CAFILE")
    }
    assert given["npm_config_userconfig"] == f"{user.home}/.npmrc"
    assert given["npm_config_cache"] == f"{user.home}/.npm"
    assert given["OWN_NPM"] == "named"
    assert given["HOME"] != str(user.home)


def test_git_and_gh_get_their_own_and_no_keys(user):
    GitHub(user.home)._gh("api", doing="asking")
    with pytest.raises(Exception, match="would be proposed"):  # the program prints something
        Clone(user.home)
    Repository(user.home)
    for name in ("gh", "git"):
        given = user(name)
        assert given["PATH"] == f"{user.folder}:/usr/bin:/bin", "the project's programs count"
        assert given["GH_TOKEN"] == "for gh"
        assert given["SSH_AUTH_SOCK"] == "/run/agent"
        assert given["HOME"] == str(user.home)
        assert "UV_DEFAULT_INDEX" not in given


def test_a_program_that_is_asked_or_tried_gets_no_keys(user, make_need, root_of):
    need = make_need("programs", programs=[{"name": "jq"}])
    ready = prepare(need.client, root_of(need), need.state, need.announce)
    check(need.client, ready)
    assert "UV_DEFAULT_INDEX" not in user("jq")


@pytest.mark.parametrize("place", [".config/uv/uv.toml", "xdg/uv/uv.toml", "given.toml"])
def test_the_users_own_settings_for_uv_count(user, monkeypatch, place):
    if place.startswith("xdg"):
        monkeypatch.setenv("XDG_CONFIG_HOME", str(user.home / "xdg"))
    if place.startswith("given"):
        monkeypatch.setenv("UV_CONFIG_FILE", str(user.home / place))
    (user.home / place).parent.mkdir(parents=True, exist_ok=True)
    (user.home / place).touch()
    assert environment.uv_settings() == user.home / place
