"""Damaged tools are never a sample's fault: they are installed anew, or the harness says that it cannot."""

import json
import os
import shutil

import pytest
from workshop import MINIATURES, Workshop, call, copy_project, own_cache

from harness.toolchain import cache as places


@pytest.fixture
def own(request, tmp_path, toolchains, monkeypatch):
    """The samples, with tools of their own that a test may damage, and where those are."""
    cache = own_cache(tmp_path / "cache", toolchains)
    monkeypatch.setenv("SAMPLEPROOF_CACHE_DIR", str(cache))
    return copy_project(request.config.rootpath, tmp_path / "project"), cache / "toolchains"


def emptied(folder):
    shutil.rmtree(folder)
    folder.mkdir()


def halved(folder):
    for path in sorted(folder.iterdir())[::2]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def truncated(path):
    path.write_bytes(path.read_bytes()[:100])


def vanished(path):
    path.unlink()


DAMAGES = {
    "an emptied site-packages": ("*/python/*/lib/*/site-packages", emptied),
    "half a site-packages": ("*/python/*/lib/*/site-packages", halved),
    "a deleted module": ("*/python/*/lib/*/site-packages/azure/core/exceptions.py", vanished),
    "a truncated module": ("*/python/*/lib/*/site-packages/azure/core/exceptions.py", truncated),
    "an interpreter that vanished": ("*/python/*/bin/python", vanished),
    "an emptied node_modules": ("*/node/packages-*/node_modules", emptied),
    "half a node_modules": ("*/node/packages-*/node_modules", halved),
    "a truncated package": (
        "*/node/packages-*/node_modules/@azure-rest/ai-inference/package.json",
        truncated,
    ),
}


def verdicts(project):
    lines = [json.loads(one) for one in (project / "report/report.ndjson").read_text().splitlines()]
    return {line["id"]: line["verdict"] for line in lines if line["type"] == "cell"}


@pytest.mark.parametrize("name", DAMAGES)
def test_what_cannot_be_installed_again_is_an_error_and_doctor_says_so(own, tmp_path, name):
    pattern, damage = DAMAGES[name]
    own, tools = own
    client = "python" if "python/" in pattern else "javascript"
    for path in list(tools.glob(pattern)):
        damage(path)
    offline = {"UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path / "uv")}
    offline |= {"npm_config_cache": str(tmp_path / "npm"), "npm_config_offline": "true"}
    code, output, said = call("doctor", project=own, **offline)
    assert code == 3
    assert f"{client}: packages" in output
    assert "damaged:" in output, output
    chosen = [f"{client}/basic", "curl/basic"]
    code, output, said = call("run", *chosen, "--report", own / "report", project=own, **offline)
    assert code == 3, output + said
    assert verdicts(own) == {f"{client}/basic": "error", "curl/basic": "pass"}
    assert " is damaged (" in said


def test_a_damaged_environment_is_installed_again_by_itself(own):
    own, tools = own
    code, output, said = call("run", "python/basic", project=own)
    assert code == 0, output + said
    paths = list(tools.glob(DAMAGES["a deleted module"][0]))
    for path in paths:
        path.unlink()
    code, output, said = call("run", "python/basic", project=own)
    assert (code, "cached" in output) == (0, False), output + said
    assert "azure/core/exceptions.py is missing); installing it anew" in said
    assert any(path.exists() for path in paths)
    assert call("doctor", project=own)[0] == 0


USES_TOOL = """
import subprocess
subprocess.run(["tool"], check=True)
"""


@pytest.fixture
def shop(tmp_path, miniatures, monkeypatch):
    """A project one of whose clients needs a program that is started by another."""
    folder = tmp_path / "programs/bin"
    folder.mkdir(parents=True)
    (folder / "real").write_text("#!/bin/sh\necho 1.0 >&2\n")
    (folder / "tool").write_text(f'#!/bin/sh\nexec {folder}/real "$@"\n')
    for path in folder.iterdir():
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    root = copy_project(MINIATURES, tmp_path / "project")
    cache = own_cache(tmp_path / "cache", miniatures.toolchains)
    monkeypatch.setenv("SAMPLEPROOF_CACHE_DIR", str(cache))
    client = root / "samples/plain/client.yaml"
    named = "  lock: requirements.txt\n"
    client.write_text(client.read_text().replace(named, f"{named}  programs: [{{name: tool}}]\n"))
    opened = Workshop(root)
    yield opened, folder
    opened.close()


def outcomes(shop, text):
    cells = [shop.make(shop.cell("plain", "question"), "asked"), shop.cell("keeping", "question")]
    cells[1] = shop.make(cells[1], "asked")
    path = shop.root / cells[0].path
    path.write_text(path.read_text() + text)
    return shop.run(cells)


def test_a_program_that_no_longer_starts_is_not_the_samples_fault(shop):
    """As where a library that it loads is gone: the program itself is what it was."""
    opened, folder = shop
    (folder / "real").unlink()
    one, other = outcomes(opened, USES_TOOL)
    assert (one.verdict, one.fault.exit_code) == ("error", 3)
    assert "tool for its version; exit status" in one.fault.message
    assert other.verdict == "pass"


def test_packages_that_are_damaged_while_samples_run_are_not_their_fault(shop):
    opened, _ = shop
    (config,) = places.toolchains(opened.stage.state).glob("python/*/pyvenv.cfg")
    config.write_text("")
    one, _ = outcomes(opened, "\nraise SystemExit(3)\n")
    assert (one.verdict, one.fault.exit_code) == ("error", 3)
    assert "was damaged while samples ran" in one.fault.message
    assert "pyvenv.cfg is not as it was installed" in one.fault.message


def test_a_sample_that_fails_with_tools_that_are_whole_fails(shop):
    opened, _ = shop
    one, other = outcomes(opened, "\nraise SystemExit(3)\n")
    assert (one.verdict, other.verdict) == ("fail", "pass")
