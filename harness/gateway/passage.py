"""A tunnel that leads past the gateway: what one end sends the other gets, and nobody looks at it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

    from harness.gateway.front import Tunnel

CONNECT_S = 10.0
READ_SIZE = 64 * 1024


async def splice(client: socket.socket, tunnel: Tunnel) -> None:
    """Carry bytes both ways, until either end has closed and the other has had all of it.

    Args:
        client: Who asked for the tunnel; it has been granted.
        tunnel: Where it leads.

    Raises:
        OSError: There is no connection to be had, or it broke.
    """
    async with asyncio.timeout(CONNECT_S):
        there = await asyncio.open_connection(tunnel.host, tunnel.port)
    try:
        here = await asyncio.open_connection(sock=client.dup())
    except BaseException:
        there[1].close()
        raise
    try:
        async with asyncio.TaskGroup() as both:
            both.create_task(_carry(here[0], there[1]))
            both.create_task(_carry(there[0], here[1]))
    except BaseExceptionGroup as broken:
        raise broken.exceptions[0] from None
    finally:
        for _, writer in (here, there):
            writer.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(READ_SIZE):
        writer.write(data)
        await writer.drain()
    with suppress(OSError):
        writer.write_eof()
