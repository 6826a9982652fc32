"""The kernel's settings that allow or forbid sealed runs."""

from __future__ import annotations

SWITCHES = (
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "0"),  # Ubuntu since 23.10
    ("kernel/unprivileged_userns_clone", "0", "1"),  # Debian before 11
    ("user/max_user_namespaces", "0", "10000"),
)
"""Where below `/proc/sys`, the value that forbids, the value that allows."""

NOT_ASKED = "not asked for"
"""Why runs are not sealed where the user wants them so."""
