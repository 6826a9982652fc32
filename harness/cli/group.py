"""A group of verbs that knows their names and summaries without importing them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Mapping


class Verbs(click.Group):
    """Verbs that are imported only when they are called: each is `command` in a module of its name."""

    def __init__(
        self, *args: Any, verbs: Mapping[str, str], package: str = __package__, **options: Any
    ) -> None:
        """Take the verbs.

        Args:
            args: As click's own group takes them.
            verbs: Summaries by name, in the order in which people use them.
            package: Where the verbs' modules are.
            options: As click's own group takes them.
        """
        super().__init__(*args, **options)
        self.verbs = verbs
        self.package = package

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order in which people use them."""
        del ctx
        return list(self.verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A verb's command, imported now."""
        del ctx
        if cmd_name not in self.verbs:
            return None
        command: click.Command = import_module(f"{self.package}.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs with their summaries."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(self.verbs.items()))
