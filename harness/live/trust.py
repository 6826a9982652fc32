"""Whom a shell's programs trust while some hosts are let through: the gateway, and who is trusted anyway."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from harness.model.problem import HarnessError

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "with-system.pem"
MOST = 8 * 1024 * 1024
"""Bytes of a file of certificates; those of systems have a quarter of a million."""


def with_system(bundle: Path, environ: Mapping[str, str]) -> Path:
    """A file of the gateway's certificate and the system's, or those that `SSL_CERT_FILE` names.

    Args:
        bundle: The gateway's certificate; the file is made beside it.
        environ: The user's variables.

    Raises:
        HarnessError: The file cannot be made.
    """
    target = bundle.with_name(NAME)
    beside = target.with_name(f".{NAME}.{os.getpid()}")
    try:
        beside.write_bytes(bundle.read_bytes() + b"\n" + _system(environ))
        beside.replace(target)
    except OSError as error:
        raise HarnessError(
            f"{target} cannot be written: {error.strerror}", "make the folder writable"
        ) from error
    return target


def _system(environ: Mapping[str, str]) -> bytes:
    usual = ssl.get_default_verify_paths()
    for name in (environ.get("SSL_CERT_FILE"), usual.cafile, usual.openssl_cafile):
        path = Path(name) if name else None
        if path is not None and path.is_file() and path.stat().st_size <= MOST:
            return path.read_bytes()
    return b""
