"""The command and its exit codes. Verbs are imported only when they are called."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import click

import harness
from harness.cli.group import Verbs
from harness.cli.options import Call
from harness.printer import complain, say
from harness.typed import as_typed

if TYPE_CHECKING:
    from collections.abc import Sequence

INVALID, HARNESS, FAIL, STALE = 2, 3, 1, 4
ENDED = 128
"""With a signal's number added, as shells count: this program was asked to end."""

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
  sampleproof run --demo               run those that come with it

\b
Exit codes: 0 as expected, 1 a sample fails, 2 the call or a project file
is invalid, 3 the harness could not do its work, 4 a file is stale; 130,
143 and 129 it was ended by Ctrl-C, SIGTERM or SIGHUP.
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


def invoke(arguments: Sequence[str]) -> int:
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
    except (click.Abort, KeyboardInterrupt) as error:
        return _end(error.__cause__ if isinstance(error, click.Abort) else error)
    except click.ClickException as error:
        _show(error)
        return INVALID
    except InvalidError as error:
        for problem in error.told():
            complain(as_typed(str(problem), call.project))
        return INVALID
    except HarnessError as error:
        complain(as_typed(error.message, call.project))
        if error.remedy:
            say(f"  remedy: {as_typed(error.remedy, call.project)}", err=True)
        return HARNESS
    except Exception as error:  # noqa: BLE001
        _confess(error)
        return HARNESS
    return result if isinstance(result, int) else 0


def _show(error: click.ClickException) -> None:
    """Print what click says of a wrong call, which repeats words of it."""
    said = io.StringIO()
    error.show(said)
    say(said.getvalue(), err=True, end="")


def _end(error: BaseException | None) -> int:
    """Tell that this call was ended, and how far it came."""
    from harness.interruption import received

    signal = received()
    say(
        ": ".join(text for text in (f"stopped by {signal.name}", str(error or "")) if text),
        err=True,
    )
    return ENDED + signal


def _confess(error: Exception) -> None:
    """Tell of a fault of ours in one line, and keep for us what nobody else can read."""
    import tempfile
    import traceback

    from harness.model.unexpected import describe

    said = "".join(traceback.format_exception(error))
    try:
        with tempfile.NamedTemporaryFile(
            "w",
            encoding="utf-8",
            errors="backslashreplace",
            prefix="sampleproof-fault-",
            suffix=".txt",
            delete=False,
        ) as file:
            file.write(said)
            kept = f"with the file {file.name}"
    except OSError:
        say(said, err=True)
        kept = "with the lines above"
    complain(f"this is a fault in sampleproof itself ({describe(error)}); please report it {kept}")
