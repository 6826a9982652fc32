"""A crash inside a package is told as one."""

import pytest

from harness.checks.raised import package_file

PYTHON = """Traceback (most recent call last):
  File "/home/reader/samples/python/streaming.py", line 33, in <module>
    for update in updates:
  File "/env/lib/python3.11/site-packages/azure/ai/inference/models/_patch.py", line 414, in __next__
    raise ValueError("no")
ValueError: no
"""
NODE = """file:///home/reader/node_modules/@azure/core-sse/dist/esm/sse.js:12
    throw new Error("no");
          ^

Error: no
    at parse (file:///home/reader/node_modules/@azure/core-sse/dist/esm/sse.js:12:11)
    at file:///home/reader/samples/javascript/streaming.js:30:7
    at node:internal/modules/esm/module_job:343:25
"""


@pytest.mark.parametrize(
    ("said", "file"),
    [
        (PYTHON, "azure/ai/inference/models/_patch.py"),
        (NODE, "@azure/core-sse/dist/esm/sse.js"),
        (PYTHON.replace("/env/lib/python3.11/site-packages/azure", "/home/reader/azure"), ""),
        (NODE.replace("/home/reader/node_modules/", "/home/reader/lib/"), ""),
        ("site-packages: no such thing\n", ""),
        ("The answer is empty.\n", ""),
        ("", ""),
    ],
)
def test_where_a_crash_was_raised(said, file):
    assert package_file(said) == file


def test_a_package_that_calls_back_into_the_sample_is_not_blamed():
    lines = PYTHON.splitlines(keepends=True)
    own = '  File "/home/reader/samples/python/streaming.py", line 40, in told\n    raise ValueError\n'
    assert package_file("".join([*lines[:-1], own, lines[-1]])) == ""
