"""`sampleproof nightly`: one verb a file."""

import click

from harness.cli.group import Verbs

VERBS = {
    "issues": "Keep one issue for each cause of failure, and close it when that is gone.",
    "propose": "Record an endpoint, and propose recordings that changed.",
}

EPILOG = """\b
Examples:
  sampleproof run --live ollama --latest --report build/nightly
  sampleproof nightly issues build/nightly
  sampleproof nightly propose --endpoint ollama --then 'make docs'
"""


@click.group("nightly", cls=Verbs, verbs=VERBS, package=__name__, epilog=EPILOG)
def command() -> None:
    """Tell on GitHub what a nightly run has shown."""
