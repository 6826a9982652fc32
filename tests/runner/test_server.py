"""What a fork server imports ahead runs in a sandbox too, and can do no more than a sample."""

import asyncio
import contextlib
import os
import socket
import sys
import textwrap
from pathlib import Path

import pytest

from harness.model.problem import HarnessError
from harness.runner import launcher as launchers
from harness.runner.boot import boot_forked
from harness.runner.launcher import Launcher, Order, Seal
from harness.runner.terminal import Terminal

NOSY = """
import glob, json, os, pathlib, socket

found = {}

def attempt(what, do):
    try:
        found[what] = str(do())
    except Exception as error:
        found[what] = type(error).__name__

SECRET, LISTENER, HERE = pathlib.Path(%(secret)r), %(port)r, pathlib.Path(__file__).parent
attempt("reads", SECRET.read_text)
attempt("writes", lambda: SECRET.with_name("written").write_text("x"))
attempt("writes beside itself", lambda: (HERE / "written").write_text("x"))
attempt("connects", lambda: socket.create_connection(("127.0.0.1", LISTENER), 2))
def environments():
    for name in glob.glob("/proc/[0-9]*/environ"):
        try:
            yield open(name, errors="replace").read()
        except PermissionError:
            continue
attempt("knows", lambda: "KEY" in "".join(environments()))
attempt("sees", lambda: sorted(int(one) for one in os.listdir("/proc") if one.isdecimal()))
attempt("sets", lambda: open("/proc/sys/kernel/hostname", "w"))
attempt("harness", lambda: sorted(os.listdir(%(harness)r)))
attempt("open", lambda: len([n for n in os.listdir("/proc/self/fd") if int(n) > 100]))
attempt("input", lambda: os.readlink("/proc/self/fd/0") == os.devnull or os.ttyname(0))
attempt("kernel", lambda: [line.split()[1] for line in open("/proc/self/status")
    if line.startswith(("CapEff", "CapPrm", "CapBnd", "NoNewPrivs", "Seccomp:"))])
attempt("vsock", lambda: socket.socket(40, socket.SOCK_STREAM))
"""
PACKAGE = str(Path(launchers.__file__).resolve().parents[2])


async def start(launcher, path, home, read, **changes):
    terminal = Terminal()
    seal = Seal(home=str(home), read=tuple(read), **changes)
    argv = (sys.executable, str(path))
    order = Order(argv=argv, env={}, cwd=str(home / "work"), limit_s=30, seal=seal)
    run = launcher.launch(order, terminal)
    with contextlib.closing(terminal), contextlib.closing(run):
        ended = await run.ended()
        await terminal.drain()
        return ended, bytes(terminal.output.data).decode(), bytes(terminal.errors.data).decode()


@pytest.fixture
def serve(starter, tmp_path):
    """Starts a server of a library in a sandbox; gives what starts a program with it."""
    if refused := starter.probe(str(tmp_path)):
        pytest.skip(f"runs cannot be sealed here: {refused}")
    library, home, own = (tmp_path / name for name in ("library", "home", "own"))
    for folder in (library, home, own):
        folder.mkdir()
    for folder in (tmp_path, *tmp_path.parents[:3]):
        if folder.owner() == tmp_path.owner() and folder.name.startswith("pytest"):
            folder.chmod(0o755)
    opened = []

    def start_server(modules, preload):
        for name, code in modules.items():
            (library / f"{name}.py").write_text(textwrap.dedent(code))
        read = (sys.prefix, sys.base_prefix, str(library), str(own))
        environment = {"PYTHONPATH": str(library)}
        view = {"read": read, "own": [], "hide": []}
        server = Launcher(boot_forked(sys.executable, preload, environment, view))
        opened.append(server)

        def program(code, **changes):
            path = own / "program.py"
            path.write_text(textwrap.dedent(code))

            async def both():
                assert await server.unready(30) == ""
                return await start(server, path, home, read, **changes)

            return asyncio.run(both())

        return program

    yield start_server
    for server in opened:
        server.close()


@pytest.fixture
def nosy(tmp_path, monkeypatch):
    """Code that tries whatever it should not; gives it and a socket that it should not reach."""
    (tmp_path / "secret").write_text("KEY")
    monkeypatch.setenv("SECRET_KEY", "KEY")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        names = {
            "secret": str(tmp_path / "secret"),
            "port": listener.getsockname()[1],
            "harness": PACKAGE,
        }
        yield NOSY % names


@pytest.mark.parametrize("module", ["nosy", "sitecustomize"])
def test_what_is_imported_ahead_reads_changes_and_reaches_nothing(serve, nosy, tmp_path, module):
    kept = [os.dup(0)]
    while kept[-1] <= 300:
        kept.append(os.dup(0))
        os.set_inheritable(kept[-1], True)
    try:
        program = serve({module: nosy}, [module])
        ended, output, errors = program(f"import {module}\nprint({module}.found)")
    finally:
        for number in kept:
            os.close(number)
    assert (ended.code, errors) == (0, "")
    found = eval(output)
    assert set(eval(found.pop("harness"))) <= {"harness", ".venv"}
    for what in ("writes", "writes beside itself", "sets"):
        assert found.pop(what) in {"OSError", "PermissionError"}
    assert found.pop("connects") in {"OSError", "ConnectionRefusedError", "TimeoutError"}
    none = "0000000000000000"
    assert found == {
        "reads": "FileNotFoundError",
        "knows": "False",
        "sees": "[1, 2]",
        "open": "1",  # where its orders come from
        "input": "True",
        "kernel": str([none, none, none, "1", "2"]),
        "vsock": "OSError",
    }
    assert sorted(one.name for one in tmp_path.iterdir()) == ["home", "library", "own", "secret"]


def test_a_forked_run_is_sealed_as_any_other(serve):
    code = """
    import ctypes, os, pathlib
    status = pathlib.Path("/proc/self/status").read_text()
    print([line.split()[1] for line in status.splitlines() if line.startswith(("CapEff", "CapPrm", "CapBnd"))])
    print(ctypes.CDLL(None).unshare(0x10000000), os.getuid(), os.getpid(), os.listdir("/"))
    print(pathlib.Path("/proc/sys/user/max_user_namespaces").read_text())
    pathlib.Path(os.environ.get("HOME", "/tmp"), "mine").write_text("mine")
    print(pathlib.Path("given").parent.resolve(), pathlib.Path("/given/file").read_bytes())
    """
    program = serve({"plain": ""}, ["plain"])
    given = launchers.Shown(path="/given/file", data=b"given", mode=0o644)
    ended, output, errors = program(code, files=(given,))
    assert (ended.code, errors) == (0, "")
    assert f"{['0' * 16] * 3}\n-1 {os.geteuid()} 2 " in output
    assert "\n0\n" in output
    assert "b'given'" in output
    assert "harness" not in output


def test_a_server_that_lies_is_our_fault_and_no_crash(serve):
    """It is others' code that reports: what it says must be what is expected, or nothing."""
    lying = """
    import json, os, socket, struct
    from harness.runner import warden
    def run(order, lifeline, *outlets, execute):
        said = json.dumps({said}).encode()
        lifeline.sendmsg([struct.pack("!I", {length} or len(said)) + said],
            [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", 0))])
        os._exit(0)
    warden.run = run
    """
    for said, length in (
        ("[1]", 0),
        ('{"sealed": True}', 0),
        ('{"warden": "x"}', 0),
        ("1", 1 << 30),
    ):
        program = serve(
            {"lying": lying.replace("{said}", said).replace("{length}", str(length))}, ["lying"]
        )
        with pytest.raises(HarnessError, match="warden has vanished"):
            program("print(1)")


def test_a_library_that_does_not_come_to_an_end_ends_with_the_harness(tmp_path, serve):
    (tmp_path / "library/odd.py").write_text(
        "import signal, time\nsignal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\n"
        "time.sleep(600)"
    )
    read = (sys.prefix, sys.base_prefix, str(tmp_path / "library"))
    environment = {"PYTHONPATH": str(tmp_path / "library")}
    view = {"read": read, "own": [], "hide": []}
    starter = boot_forked(sys.executable, ["odd"], environment, view)
    launcher = Launcher(starter)
    assert "takes longer than 0.5 s" in asyncio.run(launcher.unready(0.5))
    starter.let_go()
    assert os.waitpid(starter.pid, 0)[0] == starter.pid
