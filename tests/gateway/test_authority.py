import os
import ssl
import stat
import subprocess
import sys
import threading
import time

import pytest
from wire import Echo, post, response, tunnel

from harness.gateway import minting
from harness.gateway.authority import Authority, _seconds, _shake_hands
from harness.model.problem import HarnessError

DAY = 24 * 3600


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def fresh(folder):
    """As another process would see the folder."""
    return Authority(folder)


def files(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "state" / "tls"
    Authority(made).prepare(["a.example", "127.0.0.1", "::1", "localhost"])
    return made


def test_only_the_bundle_can_be_read_by_others(folder):
    assert mode(folder) == mode(folder / "leaves") == 0o700
    assert mode(folder / "ca.pem") == 0o644
    assert mode(folder / "ca.key") == 0o600
    assert {mode(path) for path in (folder / "leaves").iterdir()} == {0o600}
    assert b"PRIVATE" not in (folder / "ca.pem").read_bytes()


def test_a_folder_that_was_open_to_others_is_closed(tmp_path):
    (tmp_path / "tls").mkdir(mode=0o755)
    Authority(tmp_path / "tls").prepare(["a.example"])
    assert mode(tmp_path / "tls") == 0o700


@pytest.mark.parametrize(
    "host",
    [
        "a.example",
        "A.Example",
        "127.0.0.1",
        "::1",
        "localhost",
        "under_score.example",
        "_a._b.example",
        "xn--bcher-kva.example",
        f"{'a' * 60}.{'b' * 60}.example.org",
    ],
)
def test_a_strict_client_accepts_a_name_and_an_address(folder, host):
    _shake_hands(fresh(folder).context(host), folder / "ca.pem", host)


def test_a_certificate_is_good_for_its_host_alone(folder):
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        _shake_hands(fresh(folder).context("a.example"), folder / "ca.pem", "b.example")


def test_certificates_are_short_lived(folder):
    context = fresh(folder).context("a.example")
    left = ssl.cert_time_to_seconds(_shake_hands(context, folder / "ca.pem", "a.example"))
    assert 6.9 * DAY < left - time.time() <= 7 * DAY
    trust = ssl.create_default_context(cafile=folder / "ca.pem")
    [found] = trust.get_ca_certs()
    assert 29.9 * DAY < ssl.cert_time_to_seconds(found["notAfter"]) - time.time() <= 30 * DAY
    assert ssl.cert_time_to_seconds(found["notBefore"]) <= time.time() - DAY


def test_what_is_good_is_kept(folder):
    before = files(folder)
    fresh(folder).prepare(["a.example", "A.EXAMPLE", "127.0.0.1"])
    assert files(folder) == before


def test_what_is_good_needs_no_cryptography(folder):
    code = (
        "import sys; from pathlib import Path; from harness.gateway.authority import Authority;"
        f"Authority(Path({str(folder)!r})).prepare(['a.example']);"
        "sys.exit('cryptography' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_leaf_is_renewed_on_its_last_day(tmp_path):
    Authority(tmp_path, clock=lambda: time.time() - 6.5 * DAY).prepare(["a.example"])
    before = files(tmp_path)
    fresh(tmp_path).prepare(["a.example"])
    after = files(tmp_path)
    assert after["ca.pem"] == before["ca.pem"]
    assert after["a.example.pem"] != before["a.example.pem"]


def test_an_authority_is_renewed_on_its_last_day_and_its_leaves_with_it(tmp_path):
    bundle, key = minting.authority(time.time() - 29.5 * DAY)
    (tmp_path / "ca.pem").write_bytes(bundle)
    (tmp_path / "ca.key").write_bytes(key)
    (tmp_path / "leaves").mkdir()
    leaf = tmp_path / "leaves" / "a.example.pem"
    leaf.write_bytes(minting.leaf("a.example", key, time.time()))
    before = files(tmp_path)
    renewed = fresh(tmp_path)
    renewed.prepare(["a.example"])
    after = files(tmp_path)
    assert all(after[name] != before[name] for name in before)
    _shake_hands(renewed.context("a.example"), renewed.bundle, "a.example")


def test_a_process_that_runs_for_long_renews_what_it_holds(tmp_path):
    now = time.time() - 6.5 * DAY
    held = Authority(tmp_path, clock=lambda: now)
    first = held.context("a.example")
    assert held.context("a.example") is first
    now = time.time()
    assert held.ready("a.example") is None
    assert held.context("a.example") is not first


def test_another_process_may_renew_the_authority(folder):
    held = fresh(folder)
    first = held.context("a.example")
    for path in folder.glob("ca.*"):
        path.unlink()
    fresh(folder).prepare(["b.example"])
    second = held.context("a.example")
    assert second is not first
    _shake_hands(second, folder / "ca.pem", "a.example")


def foreign(folder, tmp_path):
    other = tmp_path / "other"
    Authority(other).prepare(["a.example"])
    return other


@pytest.mark.parametrize("name", ["ca.pem", "ca.key", "leaves/a.example.pem"])
@pytest.mark.parametrize("harm", ["empty", "cut", "rubbish", "foreign", "missing"])
def test_a_damaged_or_foreign_file_is_made_anew(folder, tmp_path, name, harm):
    path = folder / name
    match harm:
        case "empty":
            path.write_bytes(b"")
        case "cut":
            path.write_bytes(path.read_bytes()[:-100])
        case "rubbish":
            path.write_bytes(b"\xff\x00rubbish")
        case "foreign":
            path.write_bytes((foreign(folder, tmp_path) / name).read_bytes())
        case "missing":
            path.unlink()
    mended = fresh(folder)
    context = mended.context("a.example")
    _shake_hands(context, mended.bundle, "a.example")
    assert mode(folder / "ca.key") == mode(folder / "leaves" / "a.example.pem") == 0o600


def test_many_processes_at_once_agree(tmp_path):
    code = (
        "from pathlib import Path; from harness.gateway.authority import Authority, _shake_hands;"
        f"a = Authority(Path({str(tmp_path / 'tls')!r}));"
        "[_shake_hands(a.context(h), a.bundle, h) for h in ('a.example', 'b.example')]"
    )
    runs = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(4)]
    assert [run.wait(60) for run in runs] == [0] * 4
    assert len(list((tmp_path / "tls").rglob("*.pem"))) == 3
    assert not list((tmp_path / "tls").rglob(".new-*"))


def test_many_threads_at_once_agree(tmp_path):
    shared = Authority(tmp_path)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(shared.context("a.example"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, found))) == 1


@pytest.mark.parametrize("host", [".", "1.2.3.04"])
def test_what_no_certificate_can_name_is_the_clients_fault(folder, host):
    with pytest.raises(ValueError, match="no certificate can name such a host"):
        fresh(folder).context(host)
    assert fresh(folder).context("a.example")


@pytest.mark.parametrize("host", ["", "a/b", "../../x", "a b", "x" * 254, "ä.example", "exa!mple"])
def test_what_is_no_host_gets_no_certificate(folder, host):
    with pytest.raises(ValueError, match="not a host"):
        fresh(folder).context(host)


def test_long_names_are_no_trouble(folder):
    host = ".".join(["x" * 60] * 4)
    _shake_hands(fresh(folder).context(host), folder / "ca.pem", host)


def test_a_folder_that_cannot_be_used_is_named_with_a_remedy(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(HarnessError, match=r"/file is no folder") as caught:
        Authority(tmp_path / "file").prepare(["a.example"])
    assert f"rm {tmp_path / 'file'}" in caught.value.remedy


def test_a_link_in_its_place_is_refused_and_what_it_leads_to_left_alone(tmp_path):
    (tmp_path / "theirs").mkdir(mode=0o755)
    (tmp_path / "tls").symlink_to(tmp_path / "theirs")
    with pytest.raises(HarnessError, match=r"/tls is a link"):
        Authority(tmp_path / "tls").prepare(["a.example"])
    assert mode(tmp_path / "theirs") == 0o755
    assert files(tmp_path / "theirs") == {}


@pytest.mark.parametrize(("name", "bits"), [("ca.key", 0o644), ("ca.pem", 0o666)])
def test_an_authority_that_others_could_read_or_write_is_made_anew(folder, name, bits):
    before = files(folder)
    (folder / name).chmod(bits)
    mended = fresh(folder)
    mended.prepare(["a.example"])
    assert all(files(folder)[one] != before[one] for one in ("ca.key", "ca.pem", "a.example.pem"))
    assert (mode(folder / "ca.key"), mode(folder / "ca.pem")) == (0o600, 0o644)


@pytest.mark.parametrize("name", ["ca.key", "ca.pem", "leaves/a.example.pem"])
def test_a_link_to_a_certificate_is_replaced_and_not_followed(folder, tmp_path, name):
    theirs = tmp_path / "theirs.pem"
    (folder / name).rename(theirs)
    before = theirs.read_bytes()
    (folder / name).symlink_to(theirs)
    fresh(folder).prepare(["a.example"])
    assert not (folder / name).is_symlink()
    assert theirs.read_bytes() == before


def test_what_was_made_while_the_clock_was_ahead_is_made_anew(tmp_path):
    bundle, key = minting.authority(time.time() + 10 * DAY)
    (tmp_path / "leaves").mkdir()
    for name, data in (("ca.pem", bundle), ("ca.key", key)):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "ca.key").chmod(0o600)
    mended = fresh(tmp_path)
    _shake_hands(mended.context("a.example"), mended.bundle, "a.example")
    assert mended.bundle.read_bytes() != bundle


def test_a_leaf_that_was_made_while_the_clock_was_ahead_is_made_anew(folder):
    leaf = folder / "leaves/a.example.pem"
    early = minting.leaf("a.example", (folder / "ca.key").read_bytes(), time.time() + 5 * DAY)
    leaf.write_bytes(early)
    mended = fresh(folder)
    _shake_hands(mended.context("a.example"), mended.bundle, "a.example")
    assert leaf.read_bytes() != early


def test_no_more_than_some_certificates_are_kept_and_nothing_else_goes(folder, monkeypatch):
    monkeypatch.setattr("harness.gateway.authority.LEAVES", 3)
    (folder / "leaves/notes.txt").touch()
    several = fresh(folder)
    several.prepare(f"{number}.example" for number in range(5))
    kept = {path.name for path in (folder / "leaves").iterdir()}
    assert kept == {"2.example.pem", "3.example.pem", "4.example.pem", "notes.txt"}


def test_an_unknown_host_is_met_without_holding_up_others(background, trust):
    host = f"unknown-{os.getpid()}.example"
    with background.serve(Echo()) as served:
        for _ in range(2):
            with tunnel(served, trust, host) as sock:
                sock.sendall(post())
                assert response(sock).status == 200
    assert served.seen[0].host == host


@pytest.mark.parametrize("month", range(1, 13))
def test_a_moment_is_read_as_the_standard_library_reads_it(month):
    moment = time.strftime("%b %e %H:%M:%S %Y GMT", (2027, month, 3 * month % 29, 1, 2, 3, 0, 1, 0))
    assert _seconds(moment) == ssl.cert_time_to_seconds(moment)
