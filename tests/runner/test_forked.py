"""A sample forked from an interpreter that has its library ahead does what it does by itself."""

import asyncio
import contextlib
import re
import sys
import textwrap
import time
from pathlib import Path

import pytest

from harness.model.problem import HarnessError
from harness.runner.boot import boot_forked
from harness.runner.launcher import Launcher, Order, Seal
from harness.runner.terminal import Terminal

PRELOAD = [
    *("rich.table", "jinja2", "xml.etree.ElementTree", "concurrent.futures", "email.message"),
    *("filtering", "logging"),
]
LIBRARY = Path(__file__).parent / "library"
"""Packages that do odd things when they are imported."""
ENVIRONMENT = {"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin", "PYTHONPATH": str(LIBRARY)}

# Each is a program; a file that stands beside it follows its name in the text, if there is one.
PROGRAMS = {
    "what it is": """
        import sys
        print(__name__, __file__, __spec__, __package__, __doc__, __cached__, sorted(globals()))
        print(sys.argv, sys.path, sys.flags, sys.warnoptions, sys.orig_argv, sys.executable)
    """,
    "a docstring": '"""Hello."""\nprint(__doc__, __annotations__)\nx: int = 1\nprint(__annotations__)',
    "modules of a fresh interpreter": "import sys\nprint(sorted(sys.modules))",
    "modules after an import": "import sys, rich.table\nprint(sorted(sys.modules))",
    "modules after another import": "import sys, json, jinja2\nprint(sorted(sys.modules))",
    "modules after a part of a package": "import sys, rich.text\nprint(sorted(sys.modules))",
    "a forgotten import of a module": "import rich\nprint(rich.table)",
    "a forgotten import in the standard library": "import xml\nprint(xml.etree)",
    "a name never imported": "print(jinja2)",
    "an attribute that another import sets": "import rich.text\nprint(hasattr(rich, 'table'), hasattr(rich, 'text'))",
    "a missing package": "import no_such_package",
    "a missing module of a package": "import rich.no_such_module",
    "a missing name of a module": "from rich.table import NoSuchName",
    "a shadowed package": "import rich\nprint(rich.mine)\n# rich.py: mine = 1",
    "a shadowed dependency": "import jinja2\n# markupsafe.py: raise RuntimeError('shadow')",
    "a shadow by path": """
        import os, sys
        os.mkdir("later")
        open("later/jinja2.py", "w").write("mine = 2")
        sys.path.insert(0, "later")
        import jinja2
        print(jinja2.mine)
    """,
    "a module beside it": "import helper\nprint(helper.value)\n# helper.py: value = 7",
    "code at import time": "import helper\n# helper.py: print('imported', __name__)",
    "the same class by two ways": """
        import rich.table
        from rich.table import Table
        import importlib
        print(rich.table.Table is Table is importlib.import_module("rich.table").Table)
        print(importlib.reload(rich.table).Table is Table, rich.table.__spec__.name)
    """,
    "removed and imported again": """
        import sys, json
        del sys.modules["json"]
        import json as again
        print(again is json, again.dumps([1]))
    """,
    "a module's own description": """
        import inspect, rich.table, jinja2
        print(rich.table.__spec__, rich.table.__loader__, rich.__path__, jinja2.__file__)
        print(len(inspect.getsource(rich.table)) > 1000)
    """,
    "threads": """
        import threading, time
        def late():
            time.sleep(0.1)
            print("late", threading.current_thread().name)
        threading.Thread(target=late).start()
        print("main", threading.current_thread() is threading.main_thread())
    """,
    "a daemon thread": "import threading, time\nthreading.Thread(target=time.sleep, args=(99,), daemon=True).start()\nprint(1)",
    "atexit": """
        import atexit, sys
        atexit.register(print, "first registered")
        atexit.register(print, "last registered", file=sys.stderr)
        print("body")
    """,
    "an error in atexit": "import atexit\natexit.register(lambda: 1 / 0)\nprint('body')",
    "an object's end": "class A:\n    def __del__(self): print('gone')\na = A()\nprint('body')",
    "unflushed output": "import sys\nsys.stdout.write('no newline')",
    "output without a terminal's hurry": "import sys\nprint(sys.stdout.line_buffering, sys.stderr.line_buffering, sys.stdout.isatty(), sys.stderr.isatty())",
    "streams": """
        import sys
        for one in (sys.stdin, sys.stdout, sys.stderr):
            print(one.encoding, one.errors, one.name, one.mode, one.fileno(), one.newlines, one.closed)
        print(sys.__stdout__ is sys.stdout, sys.stdout.buffer.raw.name)
    """,
    "nothing to read": "import sys\nprint(repr(sys.stdin.read()))",
    "asking the user": "input('name? ')",
    "text of every kind": "print('\\u00e9\\u2028\\U0001F4AA')",
    "text that no terminal takes": "print('\\ud800')",
    "exit 0": "import sys\nsys.exit()",
    "exit 3": "import sys\nsys.exit(3)",
    "exit with words": "import sys\nsys.exit('it failed')",
    "exit by force": "import os\nprint('lost?', flush=True)\nos._exit(4)",
    "exit in a thread": "import sys, threading\nthreading.Thread(target=sys.exit, args=(3,)).start()",
    "an error": "def f():\n    return 1 / 0\nprint('before')\nf()",
    "an error with a cause": "try:\n    {}['x']\nexcept KeyError as error:\n    raise ValueError('deep') from error",
    "an error group": "raise ExceptionGroup('many', [ValueError(1), TypeError(2)])",
    "an error with a note": "error = ValueError(1)\nerror.add_note('a note')\nraise error",
    "an error in a library": "import json\njson.loads('{')",
    "no syntax": "print('never'\n",
    "bad indentation": "if True:\nprint(1)",
    "another encoding": b"# coding: latin-1\nprint('\xe9')",
    "an unknown encoding": b"# coding: nonsense\n",
    "not UTF-8": b"print('\xff')",
    "a hook of its own": "import sys\nsys.excepthook = lambda kind, value, trace: print('hooked', kind, trace.tb_lineno)\n1 / 0",
    "an interrupt": "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nimport time\ntime.sleep(5)",
    "a signal": "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)",
    "an abort": "import os\nos.abort()",
    "signals": """
        import signal
        for number in sorted(signal.valid_signals()):
            print(number, signal.getsignal(number))
    """.replace("signal.getsignal(number)", "str(signal.getsignal(number)).split(' at ')[0]"),
    "a closed pipe": "import os, sys\nread, write = os.pipe()\nos.close(read)\nos.write(write, b'x')",
    "a warning": "import warnings\nwarnings.warn('old', DeprecationWarning)\nprint('ok')",
    "a warning in a library": "import helper\n# helper.py: import warnings; warnings.warn('old', DeprecationWarning, stacklevel=1)",
    "the environment": "import os\nprint(sorted(os.environ.items()))\nos.environ['NEW'] = '1'\nos.system('echo $NEW $ONE')",
    "where it is": "import os\nprint(os.getcwd(), oct(os.umask(0)), sorted(os.listdir('/proc/self/fd'))[:3])",
    "a child process": "import subprocess, sys\nprint(subprocess.run([sys.executable, '-c', 'print(42)'], capture_output=True, check=True).stdout)",
    "children by multiprocessing": """
        import multiprocessing
        def double(number):
            return 2 * number
        if __name__ == "__main__":
            for way in ("fork", "spawn"):
                with multiprocessing.get_context(way).Pool(2) as pool:
                    print(pool.map(double, [1, 2]))
    """,
    "asyncio": "import asyncio\nasync def main():\n    await asyncio.sleep(0.01)\n    print('slept')\nasyncio.run(main())",
    "a pickle of its own class": "import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))), A.__module__)",
    "itself as a module": "import __main__, sys\nprint(__main__.__file__, sys.modules['__main__'] is __main__)",
    "nothing of ours": "import sys\nprint([m for m in sys.modules if 'harness' in m])\nimport harness.runner",
    "limits of the interpreter": "import sys, gc\nprint(sys.getrecursionlimit(), gc.isenabled(), sys.getswitchinterval(), sys.dont_write_bytecode)",
    "recursion": "def f(): f()\nf()",
    "its own words": """
        import sys
        for name in ("cmdline", "environ", "comm"):
            print(open(f"/proc/self/{name}", "rb").read())
    """,
    "its own words, asked by a child": "import os\nos.system(f'tr \\\\\\0 \\\\\\n < /proc/{os.getpid()}/cmdline; tr \\\\\\0 \\\\\\n < /proc/{os.getpid()}/environ')",
    "what the collector holds back": "import gc\nprint(gc.get_freeze_count(), gc.isenabled(), gc.get_threshold(), gc.callbacks)",
    "filters of warnings": "import warnings\nprint(warnings.filters)",
    "filters of warnings after an import": "import filtering, warnings\nprint(warnings.filters)",
    "filters of warnings after a part of it": "import warnings, filtering.part\nprint(warnings.filters)",
    "filters of its own, and then an import": """
        import warnings
        warnings.simplefilter("error")
        import filtering
        print(warnings.filters)
        warnings.warn("filtered", filtering.Old)
        warnings.warn("old", DeprecationWarning)
    """,
    "an import, and then filters of its own": """
        import warnings, filtering
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warnings.warn("filtered", filtering.Old)
        print(caught, warnings.filters)
    """,
    "what stands in the way of the harness": "import sys\nprint([one for one in sys.path if 'harness' in one], sys.path_hooks)",
    "what is open": "import os\nprint(sorted(os.readlink(f'/proc/self/fd/{n}').split(':')[0] for n in os.listdir('/proc/self/fd') if os.path.exists(f'/proc/self/fd/{n}')))",
    "threads of its own": "import os, threading\nprint(threading.active_count(), len(os.listdir('/proc/self/task')))",
    "who is about": "import os\nprint(os.getpid() == os.getpgrp(), os.getsid(0) == os.getppid(), os.getpriority(0, 0), os.getrlimit if hasattr(os, 'getrlimit') else 0)",
}


def write(folder, program):
    """The program and what stands beside it, as files."""
    text = program if isinstance(program, bytes) else textwrap.dedent(program).strip("\n").encode()
    for name, content in re.findall(rb"^# (\w+\.py): (.*)$", text, re.MULTILINE):
        (folder / name.decode()).write_bytes(content + b"\n")
    path = folder / "program.py"
    path.write_bytes(text + b"\n")
    return path


def same(shown, base):
    """What was shown, without what differs between any two runs.

    And without the one thing by which a fork can be told: three frames below the program's own.
    """
    shown = shown.replace(str(base).encode(), b"BASE")
    shown = re.sub(rb"0x[0-9a-f]{6,}", b"0xADDRESS", shown)
    shown = re.sub(rb"/dev/pts/\d+", b"/dev/pts/N", shown)  # each run has a terminal of its own
    return re.sub(rb"line repeated 99\d more", b"line repeated 99x more", shown)


async def start(launcher, path, home, seal=None):
    terminal = Terminal()
    order = Order(
        argv=(sys.executable, str(path)),
        env={**ENVIRONMENT, "ONE": "1"},
        cwd=str(home / "work"),
        limit_s=60,
        seal=seal,
    )
    run = launcher.launch(order, terminal)
    with contextlib.closing(terminal), contextlib.closing(run):
        ended = await run.ended()
        await terminal.drain()
        return ended, bytes(terminal.output.data), bytes(terminal.errors.data)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """By program: how it ended and what it showed, started each way."""
    processes = Launcher()
    forks = Launcher(boot_forked(sys.executable, PRELOAD, ENVIRONMENT))
    limit = asyncio.Semaphore(2)

    async def one(name, launcher, way):
        # The same names either way, for whatever a program tells of its folder.
        base = tmp_path_factory.mktemp("way")
        home = base / "home"
        (home / "work").mkdir(parents=True)
        path = write(base, PROGRAMS[name])
        async with limit:
            ended, output, errors = await start(launcher, path, home)
        return name, way, (ended, same(output, base), same(errors, base))

    async def every():
        assert await forks.unready(60) == ""
        jobs = [
            one(name, launcher, way)
            for name in PROGRAMS
            for way, launcher in (("process", processes), ("fork", forks))
        ]
        found = {}
        for name, way, result in await asyncio.gather(*jobs):
            found.setdefault(name, {})[way] = result
        return found

    try:
        return asyncio.run(every())
    finally:
        processes.close()
        forks.close()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_fork_is_not_to_be_told_from_a_process(results, name):
    expected, received = results[name]["process"], results[name]["fork"]
    assert received == expected


def test_the_programs_do_what_their_names_say(results):
    """Guards the comparison: two equal failures to start would prove nothing."""

    def shown(name):
        return b"".join(results[name]["process"][1:])

    assert b"has no attribute 'table'" in shown("a forgotten import of a module")
    assert b"shadow" in shown("a shadowed dependency")
    assert shown("threads") == b"main True\nlate Thread-1 (late)\n"
    assert results["exit 3"]["process"][0].code == 3
    assert b"No module named 'harness.runner'" in shown("nothing of ours") or b"[]" in shown(
        "nothing of ours"
    )
    assert b"'rich.table'" in shown("modules after an import")


def test_each_fork_has_its_own_chance(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(
        "import random, uuid, secrets\nprint(random.random(), uuid.uuid4(), secrets.token_hex())"
    )
    (tmp_path / "work").mkdir()

    async def several():
        assert await forks.unready(60) == ""
        return {(await start(forks, path, tmp_path))[1] for _ in range(3)}

    forks = Launcher(boot_forked(sys.executable, ["random", "uuid", "secrets"], ENVIRONMENT))
    try:
        assert len(asyncio.run(several())) == 3
    finally:
        forks.close()


def test_a_sealed_fork_has_no_capability_and_no_way_back(tmp_path):
    launcher = Launcher(boot_forked(sys.executable, PRELOAD, ENVIRONMENT))
    path = tmp_path / "program.py"
    path.write_text(
        textwrap.dedent("""
        import ctypes, os, pathlib
        status = pathlib.Path("/proc/self/status").read_text()
        print([line for line in status.splitlines() if line.startswith(("CapEff", "CapPrm", "CapBnd"))])
        print(ctypes.CDLL(None).unshare(0x10000000), ctypes.CDLL(None).mount(b"none", b"/tmp", b"tmpfs", 0, None))
        print(sorted(name for name in os.listdir("/proc") if name.isdigit()), os.path.exists("/etc/shadow"))
        print("words", pathlib.Path("/proc/self/cmdline").read_text().split("\\0")[:-1])
        """)
    )
    home = tmp_path / "home"
    home.mkdir()
    try:
        if reason := launcher.probe(str(home)):
            pytest.fail(f"runs cannot be sealed here: {reason}")
        read = (str(tmp_path / "program.py"), sys.prefix, sys.base_prefix)
        seal = Seal(home=str(home), read=read)

        async def begin():
            assert await launcher.unready(60) == ""
            return await start(launcher, path, home, seal)

        ended, output, errors = asyncio.run(begin())
    finally:
        launcher.close()
    assert (ended.code, errors) == (0, b"")
    assert output.count(b"0000000000000000") == 3
    assert f"words {[sys.executable, str(path)]}".encode() in output
    assert b"-1 -1\n['1', '2'] False" in output


def test_a_server_that_is_killed_leaves_no_fork(tmp_path):
    launcher = Launcher(boot_forked(sys.executable, PRELOAD, ENVIRONMENT))
    path = tmp_path / "program.py"
    path.write_text("import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(99)")
    (tmp_path / "work").mkdir()

    async def begin():
        assert await launcher.unready(60) == ""
        terminal = Terminal()
        order = Order(
            argv=(sys.executable, str(path)), env=ENVIRONMENT, cwd=str(tmp_path), limit_s=60
        )
        run = launcher.launch(order, terminal)
        assert await terminal.output.contains(b"\n", 30)
        launcher.kill()
        with pytest.raises(HarnessError, match="vanished"):
            await run.ended()
        await terminal.drain()
        run.close()
        terminal.close()
        return int(terminal.output.data)

    pid = asyncio.run(begin())
    deadline = time.monotonic() + 5
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not Path(f"/proc/{pid}").exists()
    launcher.close()
