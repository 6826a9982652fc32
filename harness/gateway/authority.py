"""The gateway's own certificate authority: throw-away, short-lived, kept on disk, installed nowhere.

    FOLDER/               0700
      ca.pem              what samples are told to trust
      ca.key              its private key and certificate, 0600
      leaves/HOST.pem     a host's private key and certificate, 0600

Nothing on disk is believed. A file is good if it is this user's and closed to others, a certificate if a client that trusts `ca.pem`, strictly,
shakes hands with it; whatever is not good is made anew. Proving takes two milliseconds and the
standard library; the library that makes certificates is imported only to make one.
"""

from __future__ import annotations

import fcntl
import os
import re
import shlex
import ssl
import stat
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from harness.model import private
from harness.model.problem import HarnessError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

RENEW_S = 24 * 3600
"""A certificate with less than this left is made anew."""

HOST = re.compile(r"[0-9A-Za-z_:.-]{1,253}")
PLAIN = "localhost"
"""A host that any certificate can name."""
HANDSHAKE_STEPS = 10

LEAVES = 100
"""So many hosts' certificates are kept on disk."""
LEAF = re.compile(r"[0-9a-z_-][0-9a-z_.-]{0,103}\.pem")
"""Their names."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Authority:
    """Contexts for TLS servers of any host, all signed by one authority."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        """Keep an authority in a folder, which need not exist.

        Args:
            folder: Belongs to the authority alone.
            clock: Seconds since the epoch.
        """
        self.folder = folder
        self.bundle = folder / "ca.pem"
        """The certificate that samples are told to trust."""
        self._key = folder / "ca.key"
        self._clock = clock
        self._contexts: dict[str, tuple[ssl.SSLContext, float]] = {}
        self._bundle_seen: tuple[int, int] | None = None
        # flock is between processes; between threads of one it takes this as well.
        self._mutex = threading.Lock()

    def prepare(self, hosts: Iterable[str]) -> None:
        """Make ready for hosts, so that nothing need be made while samples run.

        Raises:
            HarnessError: The folder cannot be used.
        """
        for host in hosts:
            self.context(host)

    def ready(self, host: str) -> ssl.SSLContext | None:
        """A host's context if it is at hand, at the cost of one look at the disk."""
        found = self._contexts.get(host)
        if found is None or found[1] < self._clock() or self._bundle_seen != self._bundle_now():
            return None
        return found[0]

    def context(self, host: str) -> ssl.SSLContext:
        """A host's context, made if need be. Takes up to a tenth of a second: not for a loop.

        Args:
            host: A name or an IP address.

        Raises:
            HarnessError: The folder cannot be used.
            ValueError: No certificate can be made for such a host.
        """
        host = host.lower()
        if not HOST.fullmatch(host):
            raise ValueError(f"not a host: {host!r}")
        with self._mutex:
            if (ready := self.ready(host)) is not None:
                return ready
            try:
                with self._lock():
                    return self._renewed(host)
            except OSError as error:
                raise HarnessError(
                    f"cannot keep certificates in {self.folder}: {error.strerror or error}",
                    f"make it writable, or remove it, run: rm -r {shlex.quote(str(self.folder))}",
                ) from error

    def by_name(
        self,
        named: Callable[[str], None],
        failed: Callable[[HarnessError], None],
        allowed: Callable[[str], bool] = lambda _: True,
    ) -> ssl.SSLContext:
        """A context that becomes the one of the host which a client names (RFC 6066, section 3).

        Args:
            named: Told of the host. A client that names none is refused.
            failed: Told why there is no certificate for it.
            allowed: Whether there may be one for a host.
        """

        def turn(connection: ssl.SSLObject, host: str | None, _: ssl.SSLContext) -> int | None:
            if host is None or not HOST.fullmatch(host) or not allowed(host):
                return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
            try:
                connection.context = self.ready(host) or self.context(host)
            except ValueError:
                return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
            except HarnessError as error:
                failed(error)
                return ssl.ALERT_DESCRIPTION_INTERNAL_ERROR
            named(host)
            return None

        context = _server()
        context.sni_callback = turn
        return context

    def _renewed(self, host: str) -> ssl.SSLContext:
        if not self._authority_is_good():
            from harness.gateway import minting

            bundle, key = minting.authority(self._clock())
            _write(self._key, key)
            _write(self.bundle, bundle, mode=0o644)
        if self._bundle_seen != (seen := self._bundle_now()):
            self._contexts.clear()
            self._bundle_seen = seen
        leaf = self.folder / "leaves" / _file_name(host)
        found = self._proven(host, leaf) or self._minted(host, leaf)
        if found is None:
            if self._minted(PLAIN, leaf):
                leaf.unlink()
                raise ValueError(f"no certificate can name such a host: {host!r}")
            raise HarnessError(
                f"a certificate made for {host} is not accepted by OpenSSL",
                "is this computer's clock right?",
            )
        self._contexts[host] = found
        return found[0]

    def _minted(self, host: str, leaf: Path) -> tuple[ssl.SSLContext, float] | None:
        """A host's context with a new certificate, if a strict client accepts it."""
        from harness.gateway import minting

        _write(leaf, minting.leaf(host, self._key.read_bytes(), self._clock()))
        _trim(leaf.parent)
        return self._proven(host, leaf)

    def _authority_is_good(self) -> bool:
        """Whether certificate and key are there, ours, belong together, and last."""
        if not (_is_own(self._key, 0o077) and _is_own(self.bundle, 0o022)):
            return False
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            trust.load_verify_locations(cafile=self.bundle)
            trust.load_cert_chain(self._key)
            if not self._key.read_bytes().endswith(self.bundle.read_bytes()):
                return False
        except (OSError, ValueError):
            return False
        certificates = trust.get_ca_certs()
        if len(certificates) != 1:
            return False
        # One that was made while the clock was ahead would be good for nobody until then.
        begun = _seconds(str(certificates[0]["notBefore"])) <= self._clock()
        return begun and self._lasts(str(certificates[0]["notAfter"])) is not None

    def _proven(self, host: str, leaf: Path) -> tuple[ssl.SSLContext, float] | None:
        """A host's context and until when it is good, if a strict client accepts it."""
        if not _is_own(leaf, 0o077):
            return None
        server = _server()
        try:
            server.load_cert_chain(leaf)
            not_after = _shake_hands(server, self.bundle, host)
        except (OSError, ValueError):
            return None
        last = self._lasts(not_after)
        return None if last is None else (server, last)

    def _lasts(self, not_after: str) -> float | None:
        """When to renew what ends at a time, unless that has passed."""
        renew = _seconds(not_after) - RENEW_S
        return renew if renew > self._clock() else None

    def _bundle_now(self) -> tuple[int, int] | None:
        try:
            found = self.bundle.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Keep other processes out of the folder."""
        leaves = self.folder / "leaves"
        private.make(self.folder)
        private.make(leaves)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(self.folder / "lock", flags, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _is_own(path: Path, others: int) -> bool:
    """Whether a file is this user's, and closed to others.

    Args:
        path: The file. A link is none.
        others: The bits of a mode that it must not have.
    """
    try:
        about = os.lstat(path)
    except OSError:
        return False
    own = stat.S_ISREG(about.st_mode) and about.st_uid == os.geteuid()
    return own and not about.st_mode & others


def _trim(leaves: Path) -> None:
    """Keep no more than the newest certificates, however many hosts samples have asked for."""
    found = []
    with os.scandir(leaves) as entries:
        for entry in entries:
            if LEAF.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                found.append((entry.stat(follow_symlinks=False).st_mtime_ns, entry.path))
    for _, path in sorted(found)[:-LEAVES]:
        with suppress(FileNotFoundError):
            os.unlink(path)  # noqa: PTH108


def _server() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    # No run resumes another's session, so a ticket is only two more writes for each connection.
    context.num_tickets = 0
    return context


def _shake_hands(server: ssl.SSLContext, bundle: Path, host: str) -> str:
    """Connect a strict client to a server in memory, and tell when the certificate ends.

    Raises:
        ssl.SSLError: The client does not accept the server.
    """
    trust = ssl.create_default_context(cafile=bundle)
    trust.verify_flags |= ssl.VERIFY_X509_STRICT
    upward, downward = ssl.MemoryBIO(), ssl.MemoryBIO()
    client_side = trust.wrap_bio(downward, upward, server_hostname=host.encode())
    server_side = server.wrap_bio(upward, downward, server_side=True)
    waiting = [client_side, server_side]
    for _ in range(HANDSHAKE_STEPS):
        for side in list(waiting):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            waiting.remove(side)
        if not waiting:
            break
    certificate = client_side.getpeercert()
    if waiting or not certificate:
        raise ssl.SSLError("the handshake did not end")
    return str(certificate["notAfter"])


def _seconds(moment: str) -> float:
    """A moment as OpenSSL writes it, `Jan  5 09:34:43 2018 GMT`, in seconds since the epoch.

    As `ssl.cert_time_to_seconds`, whose imports take longer than all else that is done here.
    """
    month, day, clock, year, _ = moment.split()
    hour, minute, second = map(int, clock.split(":"))
    number = MONTHS.index(month) + 1
    return datetime(int(year), number, int(day), hour, minute, second, tzinfo=UTC).timestamp()


def _file_name(host: str) -> str:
    """A name for a host's file that no file system confuses with another's."""
    plain = re.fullmatch(r"[0-9a-z_-][0-9a-z_.-]{0,99}", host)
    return f"{host if plain else sha256(host.encode()).hexdigest()}.pem"


def _write(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Put a file in its place, whole."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), mode)
        os.replace(name, path)  # noqa: PTH105
    except BaseException:
        os.unlink(name)  # noqa: PTH108
        raise
