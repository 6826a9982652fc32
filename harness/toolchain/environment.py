"""What programs that run outside the sandbox are given of the user's environment.

Each gets what it needs and nothing else: a key in the environment is for none of them, nor for what
they start. Variables are listed by name; `*` stands for any ending. What only the user can have
set counts, as the address of a company's package index does; see the tools' own documentation of
these variables (uv: "Environment variables"; npm: "config"; `gh help environment`; git(1)).
"""

from __future__ import annotations

import os
import re
from fnmatch import fnmatchcase
from pathlib import Path

from harness.toolchain.path import trusted

COMMON = (
    *("LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "SSL_CLIENT_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    *("NODE_EXTRA_CA_CERTS", "NODE_USE_SYSTEM_CA"),
)
"""How the network is reached, and in which words answers are given."""

UV = (
    *("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_*", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"),
    *("UV_KEYRING_PROVIDER", "UV_INSECURE_HOST", "UV_OFFLINE", "UV_EXCLUDE_NEWER"),
    *("UV_HTTP_*", "UV_CONCURRENT_*", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS"),
    *("UV_CACHE_DIR", "UV_CONFIG_FILE", "UV_CREDENTIALS_DIR", "NETRC"),
)
SHIMS = (
    *("HOME", "ASDF_*", "MISE_*", "NODENV_*", "NVM_DIR", "PROTO_HOME", "VOLTA_HOME"),
    *("XDG_DATA_HOME", "XDG_CONFIG_HOME"),
)
"""What leads a version manager's `node` to the real one."""
GIT = (
    *("HOME", "USER", "LOGNAME", "XDG_*", "GIT_*", "SSH_*", "GNUPGHOME", "GPG_TTY"),
    *("GH_*", "GITHUB_*", "DBUS_SESSION_BUS_ADDRESS"),
)
"""For git, and for GitHub's command line, which git may ask for credentials."""

VARIABLE = re.compile(r"\$\{([^}?]+)\??\}")
"""How a file of settings for npm names a variable."""


def common(*more: str, root: Path | None = None) -> dict[str, str]:
    """What every program gets, and the variables that are named.

    Args:
        more: Names, in which `*` stands for any ending.
        root: The project's, whose programs are found by none.
    """
    names = COMMON + more
    given = {name: value for name, value in os.environ.items() if _is_among(name, names)}
    return {**given, "PATH": os.pathsep.join(trusted(root))}


def _is_among(name: str, names: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, one) for one in names)


def for_uv() -> dict[str, str]:
    """What uv gets: the user's indexes, and where the user's own settings and cache are."""
    home = Path.home()
    places = {
        "UV_CACHE_DIR": _of_kind("XDG_CACHE_HOME", home / ".cache") / "uv",
        "UV_CREDENTIALS_DIR": _of_kind("XDG_DATA_HOME", home / ".local/share") / "uv/credentials",
        "NETRC": home / ".netrc",
    }
    return {**{name: str(path) for name, path in places.items()}, **common(*UV)}


def uv_settings() -> Path | None:
    """The user's own settings for uv, or else the machine's; those of a project never count.

    Source: uv's documentation, "Configuration files".
    """
    if given := os.environ.get("UV_CONFIG_FILE"):
        return Path(given)
    own = _of_kind("XDG_CONFIG_HOME", Path.home() / ".config")
    places = (own / "uv/uv.toml", Path("/etc/xdg/uv/uv.toml"), Path("/etc/uv/uv.toml"))
    return next((path for path in places if path.is_file()), None)


def _of_kind(variable: str, usual: Path) -> Path:
    given = Path(os.environ.get(variable, ""))
    return given if given.is_absolute() else usual


def for_npm(node: str, root: Path) -> dict[str, str]:
    """What npm gets: the user's own settings, and the variables that these name.

    Args:
        node: The program that npm is to start as `node`.
        root: The project's.
    """
    given = {
        name: value for name, value in os.environ.items() if name.lower().startswith("npm_config_")
    }
    set_already = {name.lower() for name in given}
    settings = Path(_value(given, "npm_config_userconfig") or Path.home() / ".npmrc")
    try:
        text = settings.read_text("utf-8", "replace")
    except OSError:
        text = ""
    named = {name: os.environ[name] for name in VARIABLE.findall(text) if name in os.environ}
    if "npm_config_userconfig" not in set_already:
        given["npm_config_userconfig"] = str(settings)
    if "npm_config_cache" not in set_already and not re.search(r"(?m)^\s*cache\s*=", text):
        given["npm_config_cache"] = str(Path.home() / ".npm")
    everything = {"NODE_USE_SYSTEM_CA": "1", **named, **given, **common(root=root)}
    return everything | {"PATH": os.pathsep.join([os.path.dirname(node), everything["PATH"]])}  # noqa: PTH120


def _value(given: dict[str, str], wanted: str) -> str:
    return next((value for name, value in given.items() if name.lower() == wanted), "")
