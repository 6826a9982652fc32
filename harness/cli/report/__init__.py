"""`sampleproof report`: one verb a file."""

import click

from harness.cli.group import Verbs

VERBS = {
    "github": "Annotate files in GitHub Actions, and write the summary of the job.",
    "diff": "Say what is different between two reports.",
    "merge": "Join the reports of all shards into the report of the whole run.",
}

EPILOG = """\b
Examples:
  sampleproof report github build/report
  sampleproof report diff yesterday build/report
  sampleproof run --shard 1/2 --report one
  sampleproof run --shard 2/2 --report two
  sampleproof report merge one two -o whole
"""


@click.group("report", cls=Verbs, verbs=VERBS, package=__name__, epilog=EPILOG)
def command() -> None:
    """Work with reports of earlier runs."""
