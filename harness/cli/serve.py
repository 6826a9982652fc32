"""`sampleproof serve`."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from typing import TYPE_CHECKING, TextIO

import click

from harness.cli.options import demo_option, opened, project_option
from harness.printer import hand_over, say
from harness.typed import as_typed

if TYPE_CHECKING:
    from pathlib import Path

    from harness.live.serve import Kind
    from harness.live.shells import Shell


@click.command("serve")
@click.option(
    "--responder",
    type=click.Choice(["replay", "echo", "forward"]),
    help="Answer from the recordings, with made-up answers, or from an endpoint. "
    "[default: replay; with --endpoint: forward]",
)
@click.option("--endpoint", metavar="ENDPOINT", help="Where to forward to: a name, or a base URL.")
@click.option("--limits", metavar="TIER", help="Enforce a tier's limits: low or high.")
@click.option(
    "--shell",
    type=click.Choice(["bash", "fish", "powershell", "cmd"]),
    default="bash",
    show_default=True,
    help="Which shell the printed lines are for.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="The port to listen on. [default: any that is free]",
)
@click.option(
    "--pass",
    "passed",
    multiple=True,
    metavar="HOST",
    help="Let this host through, untouched: HOST or HOST:PORT; may be repeated. All others that are "
    "not the project's are refused.",
)
@demo_option
@project_option
def command(
    responder: Kind | None,
    endpoint: str | None,
    limits: str | None,
    shell: Shell,
    port: int,
    passed: tuple[str, ...],
    project: Path | None,
) -> int:
    """Run the gateway by itself, until Ctrl-C.

    Once it is ready it prints the lines that make a shell use it. Samples
    that are started there are answered, if they call a service of the
    project's catalogue. In place of your key the lines set a token that is
    good for this gateway alone.

    \b
    Examples:
      sampleproof serve > lines.sh &    # then, once it is written: . ./lines.sh
      sampleproof serve --responder echo --port 8080
      sampleproof serve --endpoint ollama
      sampleproof serve --responder echo --limits low
      sampleproof serve --pass pypi.org --pass files.pythonhosted.org
    """
    if endpoint and responder not in {None, "forward"}:
        raise click.UsageError(f"--endpoint and --responder {responder} contradict each other")
    if responder == "forward" and not endpoint:
        raise click.UsageError("--responder forward needs --endpoint: where to?")
    from harness.live import serve, target
    from harness.live.admission import read_passed
    from harness.live.forwarded import new_token
    from harness.toolchain.cache import made_state

    root, content = opened(project)
    keep_to_oneself(sys.stdout)
    found = target.find(content.catalog, endpoint, os.environ) if endpoint else None
    token = new_token()
    answers = serve.responder(
        content,
        responder or "replay",
        found,
        content.catalog.tier(limits) if limits else None,
        token,
    )
    asyncio.run(
        serve.serve(
            content,
            made_state(root),
            answers,
            port=port,
            shell=shell,
            ready=lambda text: hand_over(f"{text}\n"),
            token=token,
            passed=[read_passed(one, serve.served_hosts(content)) for one in passed],
            tell=lambda text: say(as_typed(text, project), err=True),
            secret=found.key if found else os.environ.get(content.catalog.endpoint.token, ""),
        )
    )
    return 0


def keep_to_oneself(output: TextIO) -> None:
    """Let nobody else read the file that the lines are written to: they hold a token."""
    try:
        status = os.fstat(output.fileno())
        if stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid():
            os.fchmod(output.fileno(), stat.S_IMODE(status.st_mode) & ~0o077)
    except OSError:
        pass  # it is no file
