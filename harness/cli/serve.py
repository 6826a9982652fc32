"""`sampleproof serve`."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import click

from harness.cli.options import demo_option, opened, project_option
from harness.printer import hand_over, say

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
@demo_option
@project_option
def command(
    responder: Kind | None,
    endpoint: str | None,
    limits: str | None,
    shell: Shell,
    port: int,
    project: Path | None,
) -> int:
    """Run the gateway by itself, until Ctrl-C.

    Once it is ready it prints the lines that make a shell use it. Samples
    that are started there are answered, whatever service they call.

    \b
    Examples:
      sampleproof serve > lines.sh &    # then, once it is written: . ./lines.sh
      sampleproof serve --responder echo --port 8080
      sampleproof serve --endpoint ollama
      sampleproof serve --responder echo --limits low
    """
    if endpoint and responder not in {None, "forward"}:
        raise click.UsageError(f"--endpoint and --responder {responder} contradict each other")
    if responder == "forward" and not endpoint:
        raise click.UsageError("--responder forward needs --endpoint: where to?")
    from harness.live import serve, target
    from harness.live.forwarded import new_token
    from harness.toolchain.cache import made_state

    root, content = opened(project)
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
            tell=lambda text: say(text, err=True),
            secret=found.key if found else os.environ.get(content.catalog.endpoint.token, ""),
        )
    )
    return 0
