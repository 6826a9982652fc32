import json

import pytest

from harness.model.problem import InvalidError
from harness.toolchain import npm_lock, npmrc
from tests.toolchain.conftest import CHECKSUM, NPM_LOCK

FINE = {"version": "1.0.0", "integrity": CHECKSUM}


@pytest.fixture
def need(make_need):
    return make_need("node")


def lock(need, packages):
    text = json.dumps({"lockfileVersion": 3, "packages": packages}, indent=2)
    (need.folder / "package-lock.json").write_text(text)


def manifest(need, **fields):
    (need.folder / "package.json").write_text(json.dumps(fields, indent=2))


def test_what_npm_is_given_is_what_was_understood(need):
    manifest(need, type="module", scripts={"preinstall": "touch x"}, dependencies={"a": "1.2.3"})
    entry = FINE | {
        "resolved": "https://npm.example/a/-/a-1.0.0.tgz",
        "hasInstallScript": True,
        "scripts": {"install": "touch x"},
        "dependencies": {"@scope/b": "npm:c@^1 || >=2.0 <3", "d": "latest"},
    }
    bundled = {"version": "1.0.0", "inBundle": True}
    lock(
        need,
        {
            "": {"workspaces": ["x"]},
            "node_modules/a": entry,
            "node_modules/a/node_modules/b": bundled,
        },
    )
    given = {name: json.loads(data) for name, data in npm_lock.inputs(need).items()}
    assert given["package.json"] == {"dependencies": {"a": "1.2.3"}}
    packages = given["package-lock.json"]["packages"]
    assert packages[""] == {}
    kept = {name: value for name, value in entry.items() if "cript" not in name}
    assert packages["node_modules/a"] == kept
    assert packages["node_modules/a/node_modules/b"] == bundled


REFUSED = {
    "no checksum": ("node_modules/x", {"version": "1.0.0"}, "integrity: .*received none"),
    "a checksum that npm cannot read": ("node_modules/x", FINE | {"integrity": "x"}, "integrity"),
    "a checksum that is empty": ("node_modules/x", FINE | {"integrity": " "}, "integrity"),
    "a checksum that is short": (
        "node_modules/x",
        FINE | {"integrity": "sha512-AA=="},
        "integrity",
    ),
    "a weak checksum": ("node_modules/x", FINE | {"integrity": f"md5-{'A' * 22}=="}, "integrity"),
    "one checksum more": ("node_modules/x", FINE | {"integrity": f"{CHECKSUM} x"}, "integrity"),
    "bundled with nothing": ("node_modules/x", {"version": "1.0.0", "inBundle": True}, "integrity"),
    "plain HTTP": ("node_modules/x", FINE | {"resolved": "http://evil.example/x.tgz"}, "resolved"),
    "a repository": (
        "node_modules/x",
        FINE | {"resolved": "git+ssh://git@evil/x.git#0"},
        "resolved",
    ),
    "a file": ("node_modules/x", FINE | {"resolved": "file:../../x.tgz"}, "resolved"),
    "a path": ("node_modules/x", FINE | {"resolved": "../x"}, "resolved"),
    "a variable": ("node_modules/x", FINE | {"resolved": "https://e.example/${K}"}, "resolved"),
    "a user's name": ("node_modules/x", FINE | {"resolved": "https://a:b@e.example/x"}, "resolved"),
    "a link": ("node_modules/x", {"resolved": "../x", "link": True}, "a link to one"),
    "a folder": ("packages/x", FINE, "this is a folder"),
    "a folder above": ("node_modules/../../x", FINE, "this is a folder"),
    "a folder of npm's": ("node_modules/.bin", FINE, "this is a folder"),
    "an absolute path": ("/etc/x", FINE, "this is a folder"),
    "a version elsewhere": ("node_modules/x", FINE | {"version": "git+ssh://evil/x"}, "version"),
    "a version that is a file": ("node_modules/x", FINE | {"version": "1.0.0-x.tgz"}, "version"),
    "a name elsewhere": ("node_modules/x", FINE | {"name": "../x"}, "name"),
    "a need elsewhere": ("node_modules/x", FINE | {"dependencies": {"y": "evil/y"}}, "y: expected"),
}


@pytest.mark.parametrize(("path", "entry", "told"), REFUSED.values(), ids=REFUSED)
def test_a_lock_that_does_more_than_pin_is_refused_with_name_and_line(need, path, entry, told):
    lock(need, {"": {}, "node_modules/fine": FINE, path: entry})
    with pytest.raises(InvalidError, match=told) as caught:
        npm_lock.read_lock(need)
    text = (need.folder / "package-lock.json").read_text().splitlines()
    for problem in caught.value.problems:
        assert problem.file == "samples/javascript/package-lock.json"
        assert problem.field == path
        assert path in text[problem.line - 1]


WANTED = [
    *("file:../x", "link:../x", "../x", "./x", ".", "..", "~/x", "/x", "x.tgz", "git+ssh://evil/x"),
    *(
        "git+https://evil/x",
        "git@evil:x/y",
        "github:x/y",
        "x/y",
        "https://evil/x.tgz",
        "http://evil/x",
    ),
    *("workspace:*", "npm:../x", "npm:x@file:y", "${KEY}", "1.0\n2", 1, None, ["1"]),
]


@pytest.mark.parametrize("wanted", WANTED, ids=repr)
@pytest.mark.parametrize("kind", ["dependencies", "optionalDependencies", "overrides"])
def test_packages_come_from_a_registry(need, wanted, kind):
    manifest(need, **{kind: {"x": wanted}})
    with pytest.raises(
        InvalidError, match=r"samples/javascript/package\.json:3: x: expected a ver"
    ):
        npm_lock.read_manifest(need)


@pytest.mark.parametrize(
    "wanted", ["", "*", "1.2.3", "^1.0 || >=2.0 <3", "~1.x", "next", "npm:@a/b@^1"]
)
def test_a_range_a_tag_and_an_alias_are_a_registrys(need, wanted):
    manifest(need, dependencies={"x": wanted, "@a/x": wanted}, overrides={"y": {"z": wanted}})
    npm_lock.read_manifest(need)


def test_workspaces_are_other_folders(need):
    manifest(need, workspaces=["../.."])
    with pytest.raises(
        InvalidError, match=r"package\.json:2: workspaces: expected a package of its"
    ):
        npm_lock.read_manifest(need)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"packages": {"a": 1}}', "[" * 100_000])
def test_what_is_no_lock_is_the_users_to_mend(need, text):
    (need.folder / "package-lock.json").write_text(text)
    with pytest.raises(InvalidError, match="expected a lock of npm"):
        npm_lock.read_lock(need)


def test_settings_that_stay_with_the_packages_count(need):
    text = (
        "; for npm\n\n  # more\r\nlegacy-peer-deps = true\nfetch-retries=1\nsave-prefix=\n"
        "registry=https://npm.example/a/\n@own:registry=https://npm.example:8443/\n"
    )
    (need.folder / ".npmrc").write_text(text)
    assert npmrc.settings(need).decode().splitlines() == [
        "legacy-peer-deps = true",
        "fetch-retries=1",
        "save-prefix=",
        "registry=https://npm.example/a/",
        "@own:registry=https://npm.example:8443/",
    ]


SETTINGS = [
    *(
        "git=./evil.sh",
        " git = ./evil.sh",
        '"git"="./evil.sh"',
        "'git'=./evil.sh",
        "git[]=./evil.sh",
    ),
    *(
        "script-shell=./evil.sh",
        "shell=./evil.sh",
        "node-gyp=./evil.js",
        "editor=./evil.sh",
        "viewer=x",
    ),
    *(
        "node-options=--require ./evil.js",
        "ignore-scripts=false",
        "ignore-scripts",
        "foreground-scripts=1",
    ),
    *(
        "globalconfig=./evil",
        "userconfig=./evil",
        "prefix=/tmp/x",
        "cache=../../x",
        "logs-dir=/tmp/x",
    ),
    *(
        "tmp=/x",
        "cafile=/etc/shadow",
        "ca=x",
        "cert=x",
        "key=x",
        "strict-ssl=false",
        "init-module=./x",
    ),
    *(
        "proxy=http://evil.example",
        "https-proxy=http://evil.example",
        "noproxy=*",
        "location=global",
    ),
    *("//npm.example/:_authToken=${SOME_KEY}", "_auth=x", "//npm.example/:username=x", "email=x"),
    *("registry=http://npm.example/${SOME_KEY}", "registry=https://npm.example/${SOME_KEY}/"),
    *("registry=http://127.0.0.1:1/", "registry=https://a:b@npm.example/", "registry=file:///x"),
    *("@own:registry=http://npm.example/", "@own:registry=https://npm.example/${K}", "[section]"),
    *(
        "fetch-retries=${SOME_KEY}",
        "legacy-peer-deps=true\x0bgit=./evil.sh",
        "fetch-retries=1;git=x",
    ),
]


@pytest.mark.parametrize("line", SETTINGS)
def test_any_other_setting_is_refused_with_its_line(need, line):
    (need.folder / ".npmrc").write_text(f"fund=false\n{line}\n")
    with pytest.raises(InvalidError) as caught:
        npmrc.settings(need)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == ("samples/javascript/.npmrc", 2)


def test_the_locks_of_tests_are_real_ones(need):
    assert len(npm_lock.read_lock(need)) == len(NPM_LOCK["packages"]) - 1
