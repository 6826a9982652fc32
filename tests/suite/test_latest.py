"""The newest packages are run beside the pinned ones, and what they change is told."""

import hashlib
import json
import subprocess
import sys
import zipfile

import pytest
from workshop import MINIATURES, call, copy_project

LIBRARY = '''
def prepare(body, headers):
    """What this version of the library makes of a request."""
    {change}
'''
VERSIONS = {
    "1.0": "headers['X-Library'] = 'asking 1.0'",
    "2.0": "headers['X-Library'] = 'asking 2.0'",
    "3.0": "body['temperature'] = body['temperature'] + 1",
}
USED = "\n\nimport asking\n\nasking.prepare(body, headers)\n\n\ndef send():"


def wheel(folder, version):
    path = folder / f"asking-{version}-py3-none-any.whl"
    about = f"asking-{version}.dist-info"
    files = {
        "asking.py": LIBRARY.format(change=VERSIONS[version]),
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: asking\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in (*files, f"{about}/RECORD"))
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {**files, f"{about}/RECORD": record}.items():
            archive.writestr(name, text)
    return path


@pytest.fixture
def index(tmp_path):
    """A package index of one package, in its first version."""
    folder = tmp_path / "index"
    folder.mkdir()
    wheel(folder, "1.0")
    return folder


@pytest.fixture
def project(index, tmp_path):
    """A client of that package, which pins its first version."""
    root = copy_project(MINIATURES, tmp_path / "project")
    client = root / "samples/plain"
    digest = hashlib.sha256((index / "asking-1.0-py3-none-any.whl").read_bytes()).hexdigest()
    (client / "requirements.txt").write_text(f"asking==1.0 --hash=sha256:{digest}\n")
    about = (client / "client.yaml").read_text()
    about = about.replace("install: ''", "install: pip install asking").replace(" -S,", "")
    (client / "client.yaml").write_text(about)
    template = client / "sample.py.j2"
    template.write_text(template.read_text().replace("\n\ndef send():", USED))
    return root


@pytest.fixture
def run(project, index, tmp_path):
    settings = {
        "UV_OFFLINE": "1",
        "UV_FIND_LINKS": str(index),
        "UV_CACHE_DIR": str(tmp_path / "cache"),
        "CI": "true",
    }

    def run(*arguments):
        assert call("render", project=project)[0] == 0
        return call(
            *("run", "*/question", "--client", "plain", *arguments, "--report", project / "report"),
            project=project,
            **settings,
        )

    return run


def diff(before, after):
    command = [sys.executable, "-m", "harness", "report", "diff", str(before), str(after)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def lines(path):
    return [json.loads(line) for line in (path / "report.ndjson").read_text().splitlines()]


def test_what_is_pinned_already_is_not_run_twice(run, project):
    code, output, said = run("--latest")
    assert code == 0, output + said
    assert "plain: nothing newer than what is pinned" in output
    assert not (project / "report/newest").exists()


def test_clients_without_packages_have_nothing_newer(run, project):
    about = project / "samples/plain/client.yaml"
    lock = "  kind: python\n  lock: requirements.txt\n"
    programs = "  kind: programs\n  programs:\n    - {name: python3, minimum: '3.9', install: install it}\n"
    about.write_text(about.read_text().replace(lock, programs).replace("{python}", "{python3}"))
    template = project / "samples/plain/sample.py.j2"
    template.write_text(template.read_text().replace(USED, "\n\n\ndef send():"))
    code, output, said = run("--latest")
    assert code == 0, output + said
    assert output.endswith("No client of these samples has packages: nothing can be newer.\n")


def test_a_newer_package_is_run_beside_the_pinned_one(run, project, index):
    wheel(index, "2.0")
    code, output, said = run("--latest")
    assert code == 0, output + said
    assert "plain: asking 1.0 → 2.0" in output
    told = output.partition("What the newest packages change:\n")[2].splitlines()
    assert told == [
        "  plain/question: request header x-library",
        "    pinned  asking 1.0",
        "    newest  asking 2.0",
    ]
    pinned, newest = lines(project / "report"), lines(project / "report/newest")
    assert pinned[0]["toolchains"]["plain"]["asking"] == "1.0"
    assert newest[0]["toolchains"]["plain"]["asking"] == "2.0"
    assert newest[0]["packages"] == "newest"
    assert "packages" not in pinned[0]
    assert pinned[1]["sample"] == newest[1]["sample"]
    code, output, _ = run()
    assert (code, "asking" in output) == (0, False)


def test_a_newer_package_that_breaks_the_sample_fails_and_is_told(run, project, index):
    wheel(index, "3.0")
    code, output, said = run("--latest")
    assert code == 1, output + said
    assert "request.body: the request differs from the scenario at $.temperature" in output
    assert "--latest plain/question" in output
    told = output.partition("What the newest packages change:\n")[2]
    assert told.startswith("  plain/question: verdict\n    pinned  pass\n    newest  fail\n")
    assert "plain/question: request body $.temperature\n    pinned  1\n    newest  2\n" in told
    assert lines(project / "report")[1]["verdict"] == "pass"
    code, output = diff(project / "report", project / "report/newest")
    assert code == 1
    assert "plain/question: verdict\n  before  pass\n  after   fail\n" in output
    code, output = diff(project / "report/newest", project / "report")
    assert code == 0
    same = diff(project / "report", project / "report")
    assert same == (0, "The reports differ in nothing.\n")


def test_what_cannot_be_had_is_an_error_that_names_it(run, project, index):
    client = project / "samples/plain/client.yaml"
    client.write_text(client.read_text().replace("pip install asking", "pip install elsewhere"))
    code, output, said = run("--latest")
    assert code == 3, output + said
    assert "plain: failed: looking for the newest packages of plain" in output
    assert (project / "report/report.ndjson").is_file()
    client.write_text(client.read_text().replace("pip install elsewhere", "make install"))
    code, output, said = run("--latest")
    assert code == 2
    assert "samples/plain/client.yaml: install: expected a line with `pip install NAME`" in said


def test_parts_of_a_run_have_no_newest(run):
    code, _, said = run("--latest", "--shard", "1/2")
    assert code == 2
    assert "--latest is for whole runs" in said
