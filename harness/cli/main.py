"""The command and its exit codes. Verbs are imported only when they are called."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

import click

import harness
from harness.cli.group import Verbs
from harness.cli.options import Call
from harness.typed import as_typed

if TYPE_CHECKING:
    from collections.abc import Sequence

INVALID, HARNESS, FAIL, STALE = 2, 3, 1, 4
INTERRUPTED = 130
CLOSED_PIPE = 141
"""As shells count: 128 and the number of SIGINT, and of SIGPIPE."""

VERBS = {
    "list": "Show scenarios, clients and models.",
    "render": "Write every client's samples, or check that they are fresh.",
    "run": "Run samples as published, against their recordings.",
    "docs": "Publish what has passed, and see that nothing else is published.",
    "report": "Compare reports, join those of shards, or annotate on GitHub.",
    "cache": "Show or clear what is remembered of earlier runs.",
    "serve": "Run the gateway by itself, for samples in your own shell.",
    "record": "Record what an endpoint answers, or import what others recorded.",
    "nightly": "Tell on GitHub what a nightly run has shown.",
    "check": "Look for what is wrong in the project's files, secrets above all.",
    "doctor": "Show what is installed, what is missing, and how to mend it.",
}

EPILOG = """\b
Examples:
  sampleproof run                      run every sample
  sampleproof run python/basic         run one
  sampleproof render --check --diff    are the samples fresh?

\b
Exit codes: 0 as expected, 1 a sample fails, 2 the call or a project file
is invalid, 3 the harness could not do its work, 4 a file is stale.
"""


@click.group(
    cls=Verbs,
    verbs=VERBS,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
@click.version_option(harness.__version__, package_name="sampleproof", prog_name="sampleproof")
def cli() -> None:
    """Run API samples exactly as published, and prove that every language's sample does the same."""


def invoke(arguments: Sequence[str]) -> int:  # noqa: C901  (a way out for every kind of end)
    """Run the command line.

    Returns:
        The exit code.
    """
    from harness.model.problem import HarnessError, InvalidError

    call = Call()
    try:
        result: Any = cli.main(
            list(arguments), prog_name="sampleproof", standalone_mode=False, obj=call
        )
    except click.exceptions.Exit as error:
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return INVALID
    except InvalidError as error:
        for problem in error.told():
            _complain(as_typed(str(problem), call.project))
        return INVALID
    except HarnessError as error:
        _complain(error.message)
        if error.remedy:
            click.echo(f"  remedy: {as_typed(error.remedy, call.project)}", err=True)
        return HARNESS
    except BrokenPipeError:
        return CLOSED_PIPE  # whoever read our output has seen enough
    except Exception as error:  # noqa: BLE001
        if isinstance(error, OSError) and error.filename is None and error.errno == errno.ENOSPC:
            _complain(f"the output cannot be written: {error.strerror}")
            return HARNESS
        import traceback

        click.echo(traceback.format_exc(), err=True)
        _complain("this is a fault in sampleproof itself; please report it with the lines above")
        return HARNESS
    return result if isinstance(result, int) else 0


def _complain(text: str) -> None:
    click.echo(f"{click.style('error:', fg='red', bold=True)} {text}", err=True)
