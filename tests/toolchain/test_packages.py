import pytest

from harness.model.problem import HarnessError, InvalidError
from harness.toolchain import packages
from harness.toolchain.npm_lock import read_lock
from tests.toolchain import fakes


@pytest.fixture
def need(fp, make_need, programs_on_path):
    folder = programs_on_path("node", "npm")
    fakes.node_tells(fp, folder / "node", "24.0.0", occurrences=5)
    return make_need("node")


@pytest.fixture
def npm(need, tmp_path):
    return str(tmp_path / "bin/npm")


def test_packages_are_installed_from_the_lock_and_linked(fp, need, npm, tmp_path):
    fp.register([npm, "ci", fp.any()])
    parts = packages.provide(need)
    assert parts.words == {"node": str(tmp_path / "bin/node")}
    assert parts.versions == {"node": "24.0.0", "a": "1.2.3", "@scope/b": "4.5.6", "old": "0.1.0"}
    link = need.folder / "node_modules"
    assert link.is_symlink()
    assert str(link.readlink()) == parts.beside["node_modules"]
    assert parts.beside["package.json"] == str(need.folder / "package.json")
    assert "--ignore-scripts --no-audit --no-fund" in fakes.programs_started(fp)[-1]
    assert sorted(path.name for path in packages.place(need).parent.iterdir()) == [
        ".installed.msgpack",
        "node_modules",
        "package-lock.json",
        "package.json",
    ]


def test_npm_uses_the_clients_own_settings(fp, need, npm):
    (need.folder / ".npmrc").write_text("fetch-retries=1\n")
    fp.register([npm, "ci", fp.any()])
    packages.provide(need)
    assert (packages.place(need).parent / ".npmrc").read_text() == "fetch-retries=1\n"


def test_a_failed_installation_leaves_neither_packages_nor_link(fp, need, npm):
    fp.register([npm, "ci", fp.any()], returncode=1, stderr="npm error code EINTEGRITY")
    with pytest.raises(HarnessError, match=r"samples/javascript/package-lock\.json pins") as caught:
        packages.provide(need)
    assert "other bytes" in caught.value.remedy
    assert not packages.place(need).parent.exists()
    assert not (need.folder / "node_modules").exists()


def test_a_stale_link_is_replaced(need, tmp_path):
    link = need.folder / "node_modules"
    link.symlink_to(tmp_path / "gone")
    packages.link(need, tmp_path / "packages")
    assert link.readlink() == tmp_path / "packages"
    assert sorted(path.name for path in need.folder.iterdir()) == [
        ".gitignore",
        "node_modules",
        "package-lock.json",
        "package.json",
    ]


def test_a_real_folder_in_the_way_is_never_touched(need, tmp_path):
    (need.folder / "node_modules").mkdir()
    (need.folder / "node_modules/mine").touch()
    with pytest.raises(HarnessError, match="samples/javascript/node_modules is a real") as caught:
        packages.link(need, tmp_path / "packages")
    assert caught.value.remedy == "run: rm -r samples/javascript/node_modules"
    assert (need.folder / "node_modules/mine").exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"packages": 1}', '{"packages": {"a": 1}}'])
def test_a_damaged_lock_is_the_users_to_mend(need, text):
    (need.folder / "package-lock.json").write_text(text)
    with pytest.raises(
        InvalidError, match=r"samples/javascript/package-lock\.json: expected a lock"
    ):
        read_lock(need)


def test_every_packages_engines_count_but_the_roots(need):
    lock = read_lock(need)
    assert packages.engines(lock) == {
        "a": ">=22.0.0",
        "@scope/b": ">= 14",
        "a/node_modules/@scope/b": ">=23",
    }
