"""What a sealed run is: limits, memory above all, and the filter of system calls."""

import sys

import pytest

KEPT = {
    "mapped by several": """
import mmap, os
file = os.open("/dev/shm/one", os.O_RDWR | os.O_CREAT)
os.ftruncate(file, 2**25)
kept = mmap.mmap(file, 2**25)
kept[::4096] = b"x" * len(kept[::4096])
os.fork(), os.fork()
kept[::4096] = b"y" * len(kept[::4096])
""",
    "a folder in memory": """
for folder in ("/tmp", "/dev/shm", "."):
    open(folder + "/file", "wb").write(bytes(2**25))
""",
    "sockets": """
import socket
kept = [socket.socketpair() for _ in range(50)]
""",
    "page tables": """
import mmap
kept = mmap.mmap(-1, 2**36, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000, mmap.PROT_READ)
for place in range(0, 2**36, 2**21):
    kept[place]
""",
}
"""Memory that a process's own count does not show, or not whole; each some eighty megabytes or more."""


@pytest.mark.parametrize("code", KEPT.values(), ids=KEPT)
def test_memory_counts_wherever_it_is(run_sealed, code):
    code += "import time; time.sleep(20)"
    ended, _, errors = run_sealed(sys.executable, "-c", code, memory=80 * 2**20)
    assert (ended.ended_for, errors) == ("memory", b"")


REFUSED = """
import ctypes, errno, mmap, os, resource, socket
libc = ctypes.CDLL(None, use_errno=True)

def shows(name, result):
    print(name, "done" if result != -1 else errno.errorcode[ctypes.get_errno()])

def tries(name, act):
    try:
        act()
    except OSError as error:
        print(name, errno.errorcode[error.errno])
    else:
        print(name, "done")

tries("memfd_create", lambda: os.memfd_create("kept"))
shows("memfd_secret", libc.syscall(447, 0))
shows("io_uring_setup", libc.syscall(425, 1, ctypes.create_string_buffer(256)))
for name in ("shmget", "msgget", "semget"):
    shows(name, getattr(libc, name)(0, 4096 if name == "shmget" else 0o600, 0o600))
shows("vmsplice", libc.vmsplice(1, None, 0, 0))
tries("shared and anonymous", lambda: mmap.mmap(-1, 4096))
tries("private and anonymous", lambda: mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
zero = os.open("/dev/zero", os.O_RDWR)
print("zeros", os.read(zero, 4) == bytes(4))
tries("/dev/zero", lambda: mmap.mmap(zero, 4096))
file = os.open("/dev/shm/one", os.O_RDWR | os.O_CREAT)
os.ftruncate(file, 4096)
tries("a shared file", lambda: mmap.mmap(file, 4096))
one = socket.socket()
size = one.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8 * size)
print("buffer", one.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == size)
one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
print("reuse", one.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR))
for pid in (1, os.getpid()):
    tries(f"prlimit {pid == 1}", lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (200, 200)))
    tries(f"affinity {pid == 1}", lambda: os.sched_setaffinity(pid, os.sched_getaffinity(0)))
    idle = os.sched_param(0)
    tries(f"scheduler {pid == 1}", lambda: os.sched_setscheduler(pid, os.SCHED_IDLE, idle))
    tries(f"parameters {pid == 1}", lambda: os.sched_setparam(pid, idle))
    tries(f"priority {pid == 1}", lambda: os.setpriority(os.PRIO_PROCESS, pid, 19))
tries("priority of all", lambda: os.setpriority(os.PRIO_USER, 0, 19))
"""


def test_what_escapes_the_count_or_reaches_the_supervisor_is_refused(run_sealed):
    ended, output, errors = run_sealed(sys.executable, "-c", REFUSED)
    assert (ended.code, errors) == (0, b"")
    own = ("prlimit", "affinity", "scheduler", "parameters", "priority")
    assert dict(line.rsplit(" ", 1) for line in output.decode().splitlines()) == {
        **dict.fromkeys(("memfd_create", "memfd_secret", "io_uring_setup"), "ENOSYS"),
        **dict.fromkeys(("shmget", "msgget", "semget", "vmsplice"), "ENOSYS"),
        "shared and anonymous": "ENOMEM",
        "private and anonymous": "done",
        "zeros": "True",
        "/dev/zero": "ENODEV",
        "a shared file": "done",
        "buffer": "True",
        "reuse": "1",
        **{f"{name} True": "EPERM" for name in own},
        **{f"{name} False": "done" for name in own},
        "priority of all": "EPERM",
    }


def test_files_without_end_find_no_room(run_sealed):
    code = """
import os
for folder in ("/tmp", "/dev/shm", "."):
    try:
        for number in range(20_000):
            os.symlink("x", f"{folder}/{number}")
    except OSError as error:
        print(error.strerror, number > 5_000)
"""
    _, output, _ = run_sealed(sys.executable, "-c", code)
    assert output.decode().splitlines() == ["No space left on device True"] * 3


def test_memory_of_several_processes_is_added(run_sealed):
    code = "import os, time; os.fork(); os.fork(); kept = b'x' * 2**26; time.sleep(20)"
    assert run_sealed(sys.executable, "-c", code, memory=2**28)[0].ended_for == "memory"


def test_a_run_that_holds_less_is_left_alone(run_sealed):
    code = "import time; kept = b'x' * 2**26; time.sleep(1)"
    ended, _, _ = run_sealed(sys.executable, "-c", code, memory=2**28)
    assert (ended.code, ended.ended_for) == (0, "")


def test_sockets_of_other_families_are_refused(run_sealed):
    code = """
import socket
for family in (1, 2, 10, 16):
    socket.socket(family, socket.SOCK_DGRAM).close()
for family in (*range(3, 10), *range(11, 16), *range(17, 46)):
    try:
        socket.socket(family, socket.SOCK_STREAM)
        print("opened", family)
    except OSError as error:
        if error.errno != 97:
            print(family, error)
"""
    ended, output, errors = run_sealed(sys.executable, "-c", code)
    assert (ended.code, output, errors) == (0, b"", b"")


def test_there_is_no_capability_and_no_way_to_get_one(run_sealed):
    _, output, _ = run_sealed("/bin/cat", "/proc/self/status")
    status = dict(line.split(":\t", 1) for line in output.decode().splitlines() if ":\t" in line)
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


def test_all_that_can_be_written_to_is_small_and_in_memory(run_sealed):
    code = """
import os
for line in open("/proc/self/mounts"):
    place = line.split()[1]
    if os.access(place, os.W_OK) and os.path.isdir(place):
        found = os.statvfs(place)
        print(place, line.split()[2], found.f_blocks * found.f_frsize <= 2**26)
"""
    ended, output, errors = run_sealed(sys.executable, "-c", code)
    assert (ended.code, errors) == (0, b"")
    places = dict(line.split(" ", 1) for line in output.decode().splitlines())
    assert set(places.values()) == {"tmpfs True"}
    assert {"/tmp", "/dev/shm"} <= set(places)
    assert not {"/", "/usr", "/proc", "/etc"} & set(places)


def test_what_is_hidden_in_a_folder_of_the_project_is_empty(run_sealed, tmp_path_factory):
    base = tmp_path_factory.mktemp("project")
    own = base / "own"
    for name in (".env", ".npmrc", ".git/config", "seen/data"):
        (own / name).parent.mkdir(parents=True, exist_ok=True)
        (own / name).write_text("key")
    outside = base / "outside"
    outside.mkdir()
    (outside / "key").write_text("key")
    (own / "linked").symlink_to(outside)
    code = f"cd {own}; cat .env .npmrc; ls -A .git; cat seen/data; cat linked/key 2>&1 | tail -c 26"
    _, output, _ = run_sealed("/bin/sh", "-c", code, own=(str(own),))
    assert output == b"keyNo such file or directory\n"
    code = f"cd {own}; for one in .env .git/x x; do ( : > $one ) 2>/dev/null && echo $one; done"
    assert run_sealed("/bin/sh", "-c", code, own=(str(own),))[1] in {b"", b".env\n"}
    assert (own / ".env").read_text() == "key"


def test_of_the_system_a_sample_sees_no_settings_and_nothing_of_its_user(run_sealed):
    """A folder in /usr stands for a project or a home there: it must exist, and is only looked at."""
    place = "/usr/share/doc"
    code = f"ls -A /usr/local/etc {place} 2>/dev/null | grep -v :; ls -d /usr/share/*/ | wc -l; : > {place}/x"
    _, output, errors = run_sealed("/bin/sh", "-c", code, hide=(place,))
    assert int(output) > 1
    assert b"Read-only file system" in errors
