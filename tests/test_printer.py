"""All that is printed goes through one printer, and nobody who reads it obeys what it repeats."""

import ast
import io
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from readers import HOSTILE, NASTY, commands, moves

from harness import outlet, printer
from harness.cli.main import invoke
from harness.printer import Styled, safe

SOURCES = sorted(Path(printer.__file__).parent.rglob("*.py"))
PRINTING = {"printer.py", "outlet.py", "import_probe.py", "forked.py"}
"""The printer, the streams that it prints to, and what runs in a sample's own process."""

PARTS = st.lists(HOSTILE | st.builds(Styled, HOSTILE, st.just("red"), st.booleans()), max_size=4)


def printed_by(source):
    """What a module uses to print without the printer."""
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        match node:
            case ast.Name(id="print" | "pprint" as name):
                yield f"{source.name}:{node.lineno}: {name}"
            case ast.Attribute(attr="echo" | "secho" | "print_exc" as name):
                yield f"{source.name}:{node.lineno}: {name}"
            case ast.Attribute(
                attr="write" | "writelines" as name, value=ast.Attribute(attr="stdout" | "stderr")
            ):
                yield f"{source.name}:{node.lineno}: {name}"
            case ast.Call(func=ast.Name(id="Console")) if "as_is(" not in ast.unparse(node):
                yield f"{source.name}:{node.lineno}: Console"


def test_nothing_prints_but_the_printer():
    found = [call for one in SOURCES if one.name not in PRINTING for call in printed_by(one)]
    assert not found


def test_what_prints_without_it_is_found(tmp_path):
    path = tmp_path / "x.py"
    path.write_text("print(1)\nclick.echo(1)\nsys.stdout.write('x')\nConsole()\nsay('x')\n")
    path.write_text(path.read_text() + "serve(ready=click.echo)\n")
    assert len(list(printed_by(path))) == 5


@settings(max_examples=50, deadline=None)
@given(PARTS)
@example([*NASTY])
@example(["::", Styled("error::x"), "#", "#", "[x]"])
def test_a_line_of_parts_is_only_text_wherever_they_meet(parts):
    seen = "".join(one.text for one in safe(parts))
    assert not commands(seen)
    assert not moves(seen)


@pytest.fixture
def stream():
    """Standard output as this program has it, and what has been written to it."""
    written = io.BytesIO()
    written.fileno = lambda: 1
    return outlet.Guarded(written, encoding="utf-8", errors="backslashreplace"), written


def test_whoever_writes_to_a_standard_stream_is_not_obeyed(stream):
    guarded, written = stream
    print("\x1b[2J::add-mask::x", *NASTY, sep="\n", file=guarded, flush=True)
    seen = written.getvalue().decode()
    assert "\\x1b[2J" in seen
    assert not commands(seen)
    assert not moves(seen)


def test_colours_are_the_printers_own(stream, monkeypatch):
    guarded, written = stream
    monkeypatch.setattr(sys, "stdout", guarded)
    printer.say(Styled("\x1b[8mhidden", "red"), " x")
    assert written.getvalue() == b"\\x1b[8mhidden x\n"
    guarded.isatty = lambda: True
    printer.say(Styled("\x1b[8mhidden", "red"), " x")
    assert written.getvalue().endswith(b"\x1b[31m\\x1b[8mhidden\x1b[0m x\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["\x1b[2J\n::error::x"],
        ["run", "--\x1b[2J\n::error::x"],
        ["run", "--jobs", "\x1b[2J\n::error::x"],
        ["run", "--shard", "\x1b[2J\n::error::x"],
        ["run", "\x1b[2J\n::error::x"],
        ["list", "--project", "\x1b[2J\n::error::x"],
        ["report", "merge", "\x1b[2J\n::error::x", "-o", "x"],
    ],
)
def test_words_of_a_call_that_are_repeated(arguments, capsys, first_samples, monkeypatch):
    monkeypatch.chdir(first_samples)
    assert invoke(arguments) == 2
    said = "".join(capsys.readouterr())
    assert "x1b[2J" in said
    assert not commands(said)
    assert not moves(said)


def test_a_traceback_in_a_real_process():
    code = (
        "import sys, warnings; from harness.outlet import Streams; Streams();"
        "warnings.warn('\\x1b[2J'); sys.excepthook(ValueError, ValueError('x\\n::error::x'), None);"
        "sys.stderr.flush()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "x3a:error::x" in done.stderr
    assert not commands(done.stderr)
    assert not moves(done.stderr)


def test_names_of_a_project(copy_first_samples, tmp_path, capsys):
    copy_first_samples(tmp_path)
    path = tmp_path / "samples/scenarios/basic.yaml"
    lines = path.read_text("utf-8").splitlines(keepends=True)

    def listed(line):
        path.write_text("".join([line, *(one for one in lines if not one.startswith("title:"))]))
        code = invoke(["list", "--project", str(tmp_path)])
        return code, *capsys.readouterr()

    code, out, _ = listed('title: "::\\e[2J ##[error]\\u202e made up"\n')
    assert code == 0
    assert "  ::\\x1b[2J \\x23#[error]\\u202e made up  " in out
    code, _, err = listed('"\\e[2J\\n::error::made up ##[error]": x\n')
    assert code == 2
    assert "\\x1b[2J\\n::error::made up \\x23#[error]" in err
    for text in (out, err):
        assert not commands(text)
        assert not moves(text)
