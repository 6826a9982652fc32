"""The check that names why an interpreter could not read a sample at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.model.finding import Finding

if TYPE_CHECKING:
    from harness.checks.check import Evidence
    from harness.model.text_fault import Kind

WORDS: dict[Kind, tuple[str, str, str]] = {
    "encoding": ("not UTF-8", "a text in UTF-8", "save it as UTF-8, or"),
    "bom": ("a byte order mark", "no byte order mark", "save it as UTF-8 without one, or"),
    "crlf": (
        "line ends other than LF",
        "LF at the end of every line",
        "if git makes them (core.autocrlf), put '*{suffix} text eol=lf' into .gitattributes, then",
    ),
}
"""What it is, what is expected, and what to do about it."""


def readable(evidence: Evidence) -> list[Finding]:
    """`sample.text`: the interpreter can read the sample's bytes.

    It is asked where something else went wrong in what the sample did: then this is why. A sample
    that does right has them where they do no harm, such as line ends inside of a text.
    """
    cell = evidence.cell
    program = cell.client.run[0].strip("{}")
    findings = []
    for fault in evidence.observation.text_faults:
        if fault.kind != "encoding" and fault.kind not in cell.client.cannot_read:
            continue
        what, expected, remedy = WORDS[fault.kind]
        message = (
            f"{cell.path}:{fault.line}: {what}, which {program} cannot read; "
            f"{remedy.format(suffix=cell.client.suffix)} write it anew: sampleproof render"
        )
        findings.append(
            Finding(
                check="sample.text", message=message, expected=expected, received=fault.received
            )
        )
    return findings
