"""How a shell is told to use the gateway."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, get_args

import msgspec

from harness.model.escape import log, one_line
from harness.model.problem import HarnessError, invalid
from harness.runner.environment import PROXY_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from harness.model.client import Client

Shell = Literal["bash", "fish", "powershell", "cmd"]
SHELLS: tuple[Shell, ...] = get_args(Shell)


EXEMPTIONS = ("NO_PROXY", "no_proxy")
"""Where a shell says what does not go by way of its proxy."""


SHELLS_OWN = re.compile(
    r"PATH|HOME|SHELL|IFS|ENV|TERM|USER|PWD|TMPDIR|EDITOR|PAGER|PS\d|PROMPT_COMMAND"
    r"|(?:LD_|DYLD_|BASH|ZDOT|FISH|PS\d|PYTHON|PERL|RUBY|GIT_|JAVA_|_JAVA|NODE_(?!EXTRA_CA|USE_ENV)).*"
)
"""Variables that no project may set in somebody's shell."""


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """How a shell sets a variable, and how it writes a remark."""

    form: str
    unset: str
    """How it forgets one."""
    then: str
    """What stands between two commands."""
    escapes: dict[str, str]
    """What must be written in another way within a value; an empty one means that it cannot be."""
    remark: str


DIALECTS: dict[Shell, Dialect] = {
    "bash": Dialect(
        form="export {0}='{1}'", unset="unset {0}", then="; ", escapes={"'": "'\\''"}, remark="# "
    ),
    "fish": Dialect(
        form="set -gx {0} '{1}'",
        unset="set -eg {0}",
        then="; ",
        escapes={"\\": "\\\\", "'": "\\'"},
        remark="# ",
    ),
    "powershell": Dialect(
        form="$env:{0} = '{1}'",
        unset="$env:{0} = $null",
        then="; ",
        escapes={"'": "''"},
        remark="# ",
    ),
    "cmd": Dialect(
        form='set "{0}={1}"',
        unset='set "{0}="',
        then=" & ",
        escapes={'"': "", "%": ""},
        remark="rem ",
    ),
}


def setting(shell: Shell, name: str, value: str) -> str:
    """The line that sets a variable for a shell and all that it starts.

    Raises:
        HarnessError: The shell has no way to write the value.
    """
    dialect = DIALECTS[shell]
    never = [text for text, written in dialect.escapes.items() if not written]
    if log(one_line(value)) != value or any(text in value for text in never):
        raise HarnessError(f"{shell} cannot hold this value of {name}: {value!r}")
    for text, written in dialect.escapes.items():
        value = value.replace(text, written)
    return dialect.form.format(name, value)


def settings(shell: Shell, set_here: Mapping[str, str], key: str) -> Iterator[str]:
    """The lines that lead a shell's programs to the gateway.

    Args:
        shell: Which one.
        set_here: What they set, `variables`.
        key: The variable among them that samples read their token from.

    Raises:
        HarnessError: The shell has no way to write a value.
        InvalidError: A file of the project would have the shell itself changed.
    """
    for name, value in set_here.items():
        if SHELLS_OWN.fullmatch(name):
            raise invalid(
                f"the project has its samples read {name}, which shells and interpreters live by",
                hint="see token in samples/catalog.yaml, and trust in each client.yaml",
            )
        yield setting(shell, name, value)
    remark = DIALECTS[shell].remark
    yield f"{remark}{key} is a stand-in that is good for this gateway alone. To set all this back:"
    yield f"{remark}  {way_back(shell, set_here)}"
    yield f"{remark}For tools that take a base URL: {set_here['HTTPS_PROXY']}/v1"


def variables(
    url: str, bundle: Path, clients: Iterable[Client], key: tuple[str, str]
) -> dict[str, str]:
    """What leads programs to the gateway.

    Args:
        url: The gateway's.
        bundle: The certificate to trust.
        clients: Know how their programs are told to trust it.
        key: The variable that samples read their token from, and what stands in for it.
    """
    trust = [name for client in clients for name in client.trust]
    usual = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"]
    return {
        **dict.fromkeys(PROXY_VARIABLES, url),
        # Whatever is exempt from the proxy would go to the service.
        **dict.fromkeys(EXEMPTIONS, ""),
        **dict.fromkeys([*trust, *usual], str(bundle)),
        "NODE_USE_ENV_PROXY": "1",  # so that fetch heeds the proxy too
        key[0]: key[1],
    }


def way_back(shell: Shell, names: Iterable[str]) -> str:
    """The command by which a shell forgets variables."""
    dialect = DIALECTS[shell]
    return dialect.then.join(dialect.unset.format(name) for name in names)
