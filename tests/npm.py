"""Packages of npm that tests use: pinned in a folder, and installed as a client's are."""

import msgspec

from harness.toolchain.cache import made_state
from harness.toolchain.need import Need


def need_of(root, project, folder):
    """What `provide` takes, for a folder with a package.json and its lock."""
    client = project.clients["javascript"]
    client = msgspec.structs.replace(client, name=folder, file=f"{folder}/package.json")
    return Need(
        client=client,
        root=root,
        folder=root / folder,
        state=made_state(root),
        announce=print,
    )
