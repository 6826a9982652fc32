"""How a shell is told to use the gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import msgspec

from harness.model.escape import log, one_line
from harness.model.problem import HarnessError
from harness.runner.environment import PROXY_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from harness.model.client import Client

Shell = Literal["bash", "fish", "powershell", "cmd"]
SHELLS: tuple[Shell, ...] = get_args(Shell)


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """How a shell sets a variable, and how it writes a remark."""

    form: str
    escapes: dict[str, str]
    """What must be written in another way within a value; an empty one means that it cannot be."""
    remark: str


DIALECTS: dict[Shell, Dialect] = {
    "bash": Dialect(form="export {0}='{1}'", escapes={"'": "'\\''"}, remark="# "),
    "fish": Dialect(form="set -gx {0} '{1}'", escapes={"\\": "\\\\", "'": "\\'"}, remark="# "),
    "powershell": Dialect(form="$env:{0} = '{1}'", escapes={"'": "''"}, remark="# "),
    "cmd": Dialect(form='set "{0}={1}"', escapes={'"': "", "%": ""}, remark="rem "),
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


def settings(
    shell: Shell, port: int, bundle: Path, clients: Iterable[Client], key: tuple[str, str]
) -> Iterator[str]:
    """The lines that lead a shell's programs to the gateway.

    Args:
        shell: Which one.
        port: The gateway's, on 127.0.0.1.
        bundle: The certificate to trust.
        clients: Know how their programs are told to trust it.
        key: The variable that samples read their token from, and what stands in for it.

    Raises:
        HarnessError: The shell has no way to write a value.
    """
    url = f"http://127.0.0.1:{port}"
    trust = [name for client in clients for name in client.trust]
    usual = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"]
    for name in PROXY_VARIABLES:
        yield setting(shell, name, url)
    # Whatever is exempt from the proxy would go to the service, with the token that is set.
    for name in ("NO_PROXY", "no_proxy"):
        yield setting(shell, name, "")
    for name in dict.fromkeys([*trust, *usual]):
        yield setting(shell, name, str(bundle))
    yield setting(shell, "NODE_USE_ENV_PROXY", "1")  # so that fetch heeds the proxy too
    remark = DIALECTS[shell].remark
    yield setting(shell, *key)
    yield f"{remark}For tools that take a base URL: {url}/v1"
