"""`sampleproof docs`: one verb a file."""

import click

from harness.cli.group import Verbs

VERBS = {
    "receipts": "Note which samples have passed, from a report.",
    "inject": "Put samples between the markers of Markdown and MDX pages.",
    "quickstart": "Write the quickstarts, one for each language that people speak.",
    "export": "Print every sample with its provenance, or as an OpenAPI Overlay.",
    "check": "Say whether all that is published is fresh and has passed.",
}

EPILOG = """\b
Examples:
  sampleproof run                  run every sample
  sampleproof docs receipts        note which have passed
  sampleproof docs quickstart      write the pages
  sampleproof docs check           is everything published up to date?
"""


@click.group("docs", cls=Verbs, verbs=VERBS, package=__name__, epilog=EPILOG)
def command() -> None:
    """Publish samples that have passed, and no others.

    A sample is published only while a receipt says that just these bytes
    passed, against just this recording, with just these packages.
    """
