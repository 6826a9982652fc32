import os
import sys
from pathlib import Path

import pytest

from harness.model.problem import HarnessError, InvalidError
from harness.toolchain import exposure, python, uv
from tests.toolchain import fakes
from tests.toolchain.conftest import LOCK


def test_an_environment_is_made_from_the_lock(fp, make_need):
    need = make_need()
    fakes.uv_makes_environment(fp, {"azure-ai-inference": "1.0.0b9"})
    parts = python.provide(need)
    assert parts.words["python"].startswith(str(need.toolchains / "python"))
    assert os.access(parts.words["python"], os.X_OK)
    assert parts.versions["azure-ai-inference"] == "1.0.0b9"
    assert parts.versions["python"] == ".".join(map(str, sys.version_info[:3]))
    base = Path(sys.base_prefix)
    assert {Path(one).parent for one in parts.libraries if Path(one).is_relative_to(base)} <= {base}
    assert exposure.is_system(str(base)) or str(base / "lib") in parts.libraries
    make, fill, compiled = fakes.programs_started(fp)
    assert compiled.startswith(f"{sys.executable} -I -S "), (
        "it runs what packages put into .pth files"
    )
    assert f"--python {sys.executable}" in make, "not the harness's own Python"
    wheels = "--require-hashes --link-mode copy --only-binary :all:"
    assert f"{wheels} --python {need.toolchains}" in fill
    assert "--system-certs" in fill
    assert fill.endswith("pinned.txt")
    assert (python.place(need) / "pinned.txt").read_text() == LOCK
    assert make_need.said == [
        "installing the packages of python (samples/python/requirements.txt) …"
    ]


def test_an_environment_that_is_there_is_not_made_again(fp, make_need):
    need = make_need()
    fakes.uv_makes_environment(fp)
    first = python.provide(need)
    assert python.provide(need).words == first.words


def test_another_lock_gets_another_environment(make_need):
    need = make_need()
    before = python.place(need)
    (need.folder / "requirements.txt").write_text("azure-ai-inference==1.0.0b8\n")
    assert python.place(need) != before


def test_a_failed_installation_leaves_no_environment(fp, make_need):
    need = make_need()
    command = str(uv.find_uv())
    fp.register([command, fp.any(), "venv", fp.any()], callback=fakes.uv_venv)
    fp.register(
        [command, fp.any(), "install", fp.any()], returncode=1, stderr="Hash mismatch for `x`"
    )
    with pytest.raises(HarnessError, match="installing what samples/python/"):
        python.provide(need)
    assert not python.place(need).exists()


def test_a_lock_that_is_gone_is_the_users_to_mend(make_need):
    need = make_need()
    (need.folder / "requirements.txt").unlink()
    with pytest.raises(
        InvalidError, match=r"samples/python/requirements\.txt: cannot be read: No "
    ):
        python.key(need)


def test_without_uv_the_remedy_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))

    def missing() -> str:
        raise FileNotFoundError

    monkeypatch.setattr("uv.find_uv_bin", missing)
    with pytest.raises(HarnessError, match="uv is missing") as caught:
        uv.find_uv()
    assert caught.value.remedy == f"run: {tmp_path / 'python'} -m pip install uv"


RIGHT = "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
"""Of nothing, as RECORD writes it."""


def bring(*contents):
    """Has uv install a package whose file is, one installation after the other, not what it lists."""
    left = list(contents)

    def fill(process):
        python = Path(process.args[process.args.index("--python") + 1])
        packages = python.parent.parent / "lib/python3/site-packages"
        (packages / "a-1.dist-info").mkdir(parents=True, exist_ok=True)
        (packages / "a-1.dist-info/RECORD").write_text(f"a.py,{RIGHT},0\na-1.dist-info/RECORD,,\n")
        content = left.pop(0)
        if content is not None:
            (packages / "a.py").write_text(content)

    return fill


@pytest.mark.parametrize("damage", ["damaged", None])
def test_a_package_that_is_damaged_in_uvs_cache_is_fetched_anew(fp, make_need, damage):
    need, program = make_need(), str(uv.find_uv())
    fp.register([program, fp.any(), "venv", fp.any()], callback=fakes.uv_venv, occurrences=2)
    fp.register([program, fp.any(), "install", fp.any()], callback=bring(damage, ""), occurrences=2)
    fp.register([sys.executable, "-I", "-S", fp.any()])
    python.provide(need)
    assert "--no-cache" in fakes.programs_started(fp)[3]


def test_a_package_that_is_not_what_it_says_is_an_error(fp, make_need):
    need, program = make_need(), str(uv.find_uv())
    fp.register([program, fp.any(), "venv", fp.any()], callback=fakes.uv_venv, occurrences=2)
    fp.register([program, fp.any(), "install", fp.any()], callback=bring("x", "x"), occurrences=2)
    with pytest.raises(HarnessError, match=r"a\.py is not what its package says that it is"):
        python.provide(need)
    assert not python.place(need).exists()
