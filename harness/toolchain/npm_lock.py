"""The lock of a JavaScript client: packages of a registry, each with its checksum, and nothing else.

npm also takes folders, links, repositories, which it has git fetch, and addresses of any kind, and what
has no checksum that it can read. A project's lock may not hold those. What was understood is written
anew for npm, without anything that could be run.

Source: npm's documentation, "package-lock.json" and "package.json".
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from harness.model.problem import InvalidError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.toolchain.need import Need

MODULES = "node_modules"
MANIFEST = "package.json"
LOCK = "package-lock.json"
"""As npm names it."""

_WORD = r"[A-Za-z0-9~-][A-Za-z0-9._~-]*"
_PACKAGE = rf"(?:@{_WORD}/)?{_WORD}"
_NO_FILE = r"(?!\.|.*\.(?:tgz|tar|tar\.gz)$)"
PLACE = rf"{MODULES}/{_PACKAGE}(?:/{MODULES}/{_PACKAGE})*"
NAME = _PACKAGE
VERSION = rf"{_NO_FILE}\d+\.\d+\.\d+(?:[+-][0-9A-Za-z.+-]+)?"
RANGE = rf"(?i){_NO_FILE}(?:npm:{_PACKAGE}(?:@|$))?[0-9A-Za-z.+~^<>=|* _-]*"
"""A dependency's version as a range, a tag or an alias: nothing with the address of anything."""
ADDRESS = r"https://[A-Za-z0-9.-]+(:\d{1,5})?/[A-Za-z0-9._~/@%+-]*(\?[A-Za-z0-9._~/@%+=&-]*)?"
CHECKSUM = r"sha512-[A-Za-z0-9+/]{86}==|sha384-[A-Za-z0-9+/]{64}|sha256-[A-Za-z0-9+/]{43}=|sha1-[A-Za-z0-9+/]{27}="
NEEDED = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
ROOT = {*NEEDED, "peerDependenciesMeta", "overrides", "engines", "name", "version"}
"""What npm is told of the client's own `package.json`."""
KEPT = {
    *(*NEEDED, "peerDependenciesMeta", "engines", "os", "cpu", "libc", "bin", "name", "version"),
    *("resolved", "integrity", "dev", "optional", "devOptional", "peer", "inBundle"),
}
"""What npm is told of a package."""
SHOWN = 80

ANEW = "make it anew: make lock"
PUBLISHED = "use the package as it is published in a registry"


def read_lock(need: Need) -> dict[str, Any]:
    """The lock's packages, by where they lie.

    Raises:
        InvalidError: It is no lock of npm's, version 2 or newer, or does more than pin packages.
    """
    lock = _lock(need)
    return {path: package for path, package in lock["packages"].items() if path}


def inputs(need: Need) -> dict[str, bytes]:
    """By name: the files from which npm installs what is pinned.

    Raises:
        InvalidError: One cannot be read, or does more than pin packages.
    """
    manifest, packages = read_manifest(need), _lock(need)["packages"]
    pinned = {"": _only(ROOT, packages.get("", {}))}
    pinned |= {path: _only(KEPT, package) for path, package in packages.items() if path}
    lock = {"lockfileVersion": 3, "requires": True, "packages": pinned}
    given = {MANIFEST: _only(ROOT, manifest), LOCK: lock}
    return {name: json.dumps(data, indent=2).encode() for name, data in given.items()}


def _only(names: set[str], data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name in names}


def read_manifest(need: Need) -> dict[str, Any]:
    """A client's `package.json`.

    Raises:
        InvalidError: It is none, or asks for more than packages of a registry.
    """
    text = need.read(MANIFEST)
    manifest = _object(text)
    file = need.shown(MANIFEST)
    if manifest is None:
        raise InvalidError([Problem(file=file, message="expected a JSON object")])
    problems = [
        Problem(file=file, line=_line(text, name), field=name, message=message, hint=PUBLISHED)
        for name, message in _wrong_manifest(manifest)
    ]
    if problems:
        raise InvalidError(problems)
    return manifest


def _lock(need: Need) -> dict[str, Any]:
    text = need.read(need.lock)
    file = need.shown(need.lock)
    lock = _object(text) or {}
    packages = lock.get("packages")
    if not isinstance(packages, dict) or not all(
        isinstance(one, dict) for one in packages.values()
    ):
        message = 'expected a lock of npm, a JSON object with the packages under "packages"'
        raise InvalidError([Problem(file=file, message=message, hint=ANEW)])
    problems = [
        Problem(
            file=file, line=_line(text, path), field=path or "packages", message=message, hint=hint
        )
        for path, package in packages.items()
        for message, hint in _wrong(path, package)
    ]
    if problems:
        raise InvalidError(problems)
    return lock


def _object(text: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _wrong_manifest(manifest: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if "workspaces" in manifest:
        yield "workspaces", "expected a package of its own, without `workspaces`"
    for name, message in _wrong_needs(manifest):
        yield name, message
    for name, wanted in _leaves(manifest.get("overrides", {})):
        if not isinstance(wanted, str) or not re.fullmatch(RANGE, wanted.removeprefix("$")):
            yield name, f"expected a version; received {str(wanted)[:SHOWN]!r}"


def _leaves(overrides: Any) -> Iterator[tuple[str, Any]]:
    waiting = [("overrides", overrides)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value.items())
        else:
            yield name, value


def _wrong_needs(package: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for kind in NEEDED:
        needs = package.get(kind, {})
        if not isinstance(needs, dict):
            yield kind, "expected names with versions"
            continue
        for name, wanted in needs.items():
            if (
                not re.fullmatch(NAME, name)
                or not isinstance(wanted, str)
                or not re.fullmatch(RANGE, wanted)
            ):
                yield (
                    name,
                    f"expected a version of a registry's package; received {str(wanted)[:SHOWN]!r}",
                )


def _wrong(path: str, package: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What a lock must not say of a package, and what to do about it."""
    for name, message in _wrong_needs(package):
        yield f"{name}: {message}", PUBLISHED
    if not path:
        return
    if not re.fullmatch(PLACE, path) or package.get("link"):
        yield "expected a package of a registry; this is a folder, or a link to one", PUBLISHED
        return
    version, resolved = package.get("version"), package.get("resolved")
    if not isinstance(version, str) or not re.fullmatch(VERSION, version):
        yield f"version: expected a version; received {str(version)[:SHOWN]!r}", ANEW
    if not re.fullmatch(NAME, str(package.get("name", "x"))):
        yield f"name: expected a package's; received {str(package['name'])[:SHOWN]!r}", ANEW
    if resolved is not None and not (isinstance(resolved, str) and re.fullmatch(ADDRESS, resolved)):
        yield (
            f"resolved: expected an https:// address; received {str(resolved)[:SHOWN]!r}",
            PUBLISHED,
        )
    checksums = package.get("integrity")
    if checksums is None and package.get("inBundle") is True and path.count(f"{MODULES}/") > 1:
        return  # it comes in another package, whose checksum covers it
    if not isinstance(checksums, str) or not all(
        re.fullmatch(CHECKSUM, one) for one in checksums.split() or [""]
    ):
        shown = "none" if checksums is None else repr(str(checksums)[:SHOWN])
        yield f"integrity: expected a checksum like sha512-…; received {shown}", ANEW


def _line(text: bytes, key: str) -> int:
    """The line on which a key stands first; 0 if it cannot be found."""
    found = re.search(re.escape(json.dumps(key, ensure_ascii=False)).encode() + rb"\s*:", text)
    return text.count(b"\n", 0, found.start()) + 1 if found else 0
