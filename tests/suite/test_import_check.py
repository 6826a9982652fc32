"""A library that does more than being imported is imported in each sample's own process."""

import asyncio
import os
import shutil

import msgspec
import pytest
from workshop import MINIATURES, Workshop, copy_project, without_run

from harness.report import line
from harness.runner import allowance, fitness
from harness.runner.boot import boot_forked
from harness.runner.launcher import Launcher

ODD = {
    "prints": ("print('hello')", "prints"),
    "prints to standard error": ("import sys\nprint('hello', file=sys.stderr)", "prints"),
    "prints at the end": ("import atexit\natexit.register(print, 'bye')", "prints"),
    "raises": ("raise RuntimeError('no')", "ends the program: exit status 1 (RuntimeError: no)"),
    "is not there": ("import no_such_module", "ends the program: exit status 1"),
    "exits": ("import sys\nsys.exit()", "ends the program: exit status 0"),
    "exits by force": ("import os\nos._exit(0)", "ends the program: exit status 0"),
    "is ended by a signal": ("import os\nos.kill(os.getpid(), 9)", "ends the program: signal 9"),
    "hangs": ("import time\ntime.sleep(600)", "takes longer than 2 s"),
    "starts a thread": (
        "import threading\nthreading.Thread(target=print, args=('late',)).start()",
        "starts a thread",
    ),
    "starts a quiet thread": (
        "import threading\nthreading.Thread(target=int, daemon=True).start()",
        "starts a thread",
    ),
    "starts a program": ("import subprocess\nsubprocess.run(['true'])", "starts a program"),
    "forks": ("import os\nif not os.fork(): os._exit(0)\nos.wait()", "starts a program"),
    "reaches out": (
        "import socket\ntry: socket.create_connection(('192.0.2.1', 9), 1)\nexcept OSError: pass",
        "reaches for the network",
    ),
    "asks for a name": (
        "import socket\ntry: socket.getaddrinfo('name.example', 9)\nexcept OSError: pass",
        "reaches for the network",
    ),
    "looks at its home": (
        "import os\nhome = os.path.expanduser('~')",
        "looks at HOME in the environment",
    ),
    "looks at a proxy": (
        "import os\nproxy = os.environ.get('HTTPS_PROXY')",
        "looks at HTTPS_PROXY in the environment",
    ),
    "looks at everything": ("import os\nall = dict(os.environ)", "looks at the whole environment"),
    "looks where it is": (
        "import os\nhere = os.path.abspath('x')",
        "looks at the working directory",
    ),
    "looks at its number": ("import os\nme = os.getpid()", "looks at its process id"),
    "changes its environment": ("import os\nos.environ['ODD'] = '1'", "changes the environment"),
    "goes elsewhere": ("import os\nos.chdir('/')", "changes the working directory"),
    "handles a signal": (
        "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)",
        "changes signal handlers",
    ),
    "replaces a stream": (
        "import io, sys\nsys.stdout = io.TextIOWrapper(sys.stdout.detach())",
        "changes the standard streams",
    ),
    "hooks errors": (
        "import sys\nsys.excepthook = lambda *_: None",
        "changes hooks of the interpreter",
    ),
    "hooks imports": (
        "import sys\nsys.meta_path.insert(0, object())",
        "changes how modules are found",
    ),
    "adds a built-in": ("import builtins\nbuiltins.odd = 1", "changes built-in names"),
    "sets a limit": (
        "import sys\nsys.setrecursionlimit(5000)",
        "changes settings of the interpreter",
    ),
    "writes": ("open('note', 'w').close()", "writes note"),
    "reads a file of the machine": (
        "try: open('/etc/shadow').close()\nexcept OSError: pass",
        "reads /etc/shadow",
    ),
    "holds a file open": ("kept = open(__file__)", "changes what files are open"),
}
FINE = {
    "only defines": "value = 1",
    "reads its own data": "data = open(__file__).read()",
    "changes filters": "import warnings\nwarnings.simplefilter('ignore', ResourceWarning)",
    "registers something quiet": "import atexit\natexit.register(int)",
    "imports much": "import asyncio, concurrent.futures, email, http.client, logging, ssl, uuid",
}
LIMIT_S = 2


@pytest.fixture(scope="module")
def projects(miniatures, tmp_path_factory):
    """Opens a project whose samples import a library, and says how they start."""
    shops = []

    def project(code, isolation):
        base = tmp_path_factory.mktemp("odd")
        (base / "library").mkdir()
        (base / "library/odd.py").write_text(f"{code}\n")
        root = copy_project(MINIATURES, base / "project")
        path = root / "samples/plain/client.yaml"
        text = path.read_text()
        assert text.count(", -S,") == 1
        path.write_text(
            text.replace(", -S,", ",")
            + f"\npreload: [odd]\nenvironment: {{PYTHONPATH: {base / 'library'}}}\n"
        )
        ready = miniatures.toolchains["plain"]
        libraries = (*ready.libraries, str(base / "library"))
        own = msgspec.structs.replace(ready, libraries=libraries, digest=ready.digest + code)
        shop = Workshop(root, {**miniatures.toolchains, "plain": own}, isolation=isolation)
        shops.append(shop)
        return shop

    yield project
    for shop in shops:
        shop.close()


def outcome(shop, limit_s=60):
    cell = shop.make(shop.cell("plain", "question"), "asked")
    path = shop.root / cell.path
    path.write_text(f"import odd\n{path.read_text()}")
    shop.stage.limit_s = limit_s
    (found,) = shop.run([cell])
    return cell, found


def told(found):
    (report,) = without_run([line.cell(found, {})])
    return report


@pytest.mark.parametrize("name", ODD)
def test_what_an_import_does_is_seen_as_in_a_process_of_its_own(projects, name):
    code, reason = ODD[name]
    limit_s = LIMIT_S if name == "hangs" else 60
    forked, apart = (projects(code, isolation) for isolation in ("fork", "process"))
    reports = [told(outcome(shop, limit_s)[1]) for shop in (forked, apart)]
    said = forked.stage.not_forked["plain"]
    assert said.startswith("importing its library ")
    assert reason in said
    names = [str(shop.root.parent).encode() for shop in (forked, apart)]
    encoded = [
        msgspec.json.encode(one).replace(at, b"ROOT")
        for one, at in zip(reports, names, strict=True)
    ]
    assert encoded[0] == encoded[1]


@pytest.mark.parametrize("name", FINE)
def test_a_library_that_is_only_imported_is_forked(projects, name):
    shop = projects(FINE[name], "fork")
    cell, found = outcome(shop)
    assert (shop.stage.not_forked, found.verdict) == ({}, "pass"), found.findings
    assert asyncio.run(shop.stage.launcher_of(cell)) is not shop.stage.launcher


def test_what_was_found_out_is_known_until_a_package_changes(projects):
    shop = projects(FINE["only defines"], "fork")
    cell, _ = outcome(shop)
    ready = shop.stage.ready(cell)
    assert fitness.known(shop.stage.state, cell.client, ready) == fitness.Fitness("")
    changed = msgspec.structs.replace(ready, digest="another")
    assert fitness.known(shop.stage.state, cell.client, changed) is None


def test_doctor_says_whether_samples_are_forked_and_if_not_why(projects, monkeypatch):
    def said(shop):
        cell = shop.cell("plain", "question")
        monkeypatch.setattr(allowance, "looked_up", lambda *_: shop.stage.ready(cell))
        return allowance.forking(cell.client, shop.root, shop.stage.state)

    shop = projects(ODD["prints"][0], "fork")
    assert said(shop).found == "not tried yet: the first run does"
    outcome(shop)
    assert (said(shop).found, said(shop).fine) == ("no: importing its library prints", True)
    shop = projects(FINE["only defines"], "fork")
    outcome(shop)
    assert said(shop).found == "yes"
    assert allowance.forking(shop.project.clients["keeping"], shop.root, shop.stage.state) is None


def test_that_it_took_too_long_is_not_kept(projects):
    shop = projects(ODD["hangs"][0], "fork")
    cell, found = outcome(shop, LIMIT_S)
    assert found.observation.exit.ended_for == "time"
    assert fitness.known(shop.stage.state, cell.client, shop.stage.ready(cell)) is None


def test_a_library_that_hangs_only_when_it_is_imported_ahead_dies_with_the_harness(tmp_path):
    (tmp_path / "odd.py").write_text("import time\ntime.sleep(600)\n")
    python = shutil.which("python3")
    starter = boot_forked(python, ["odd"], {"PYTHONPATH": str(tmp_path)})
    launcher = Launcher(starter)
    assert "takes longer than 0.5 s" in asyncio.run(launcher.unready(0.5))
    starter.let_go()
    assert os.waitpid(starter.pid, 0)[0] == starter.pid


@pytest.mark.parametrize("code", ["raise RuntimeError", "import os\nos._exit(0)"])
def test_a_library_that_ends_only_when_it_is_imported_ahead_is_not_forked(tmp_path, code):
    (tmp_path / "odd.py").write_text(code)
    launcher = Launcher(
        boot_forked(shutil.which("python3"), ["odd"], {"PYTHONPATH": str(tmp_path)})
    )
    assert "ends the program" in asyncio.run(launcher.unready(30))
    launcher.close()
