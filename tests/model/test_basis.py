"""What a verdict rests on is read, if it is a file."""

import hashlib
import os
import threading

from harness.model.basis import Digests


def test_a_file_is_hashed_and_nothing_else_is_waited_for(tmp_path):
    (tmp_path / "file").write_bytes(b"1")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    found = {}

    def look():
        digests = Digests(tmp_path)
        found.update({name: digests.of(name) for name in ("file", "folder", "pipe", "nothing")})

    threading.Thread(target=look, daemon=True).start()
    for _ in range(100):
        if len(found) == 4:
            break
        threading.Event().wait(0.1)
    assert found == {
        "file": hashlib.sha256(b"1").hexdigest(),
        "folder": None,
        "pipe": None,
        "nothing": None,
    }
