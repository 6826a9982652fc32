"""A program that runs another in a network of its own, and counts what would have left the machine.

That network has a loopback device and one that leads nowhere, to which all other addresses lead.
Every packet for the latter is counted. Told at the end on standard output, as JSON: the other's exit
status, the packets that it sent, and how many one packet more made it, which proves the counting.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

from harness.runner import kernel

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
SIOCSIFADDR, SIOCSIFNETMASK = 0x8916, 0x891C
NAME = b"nowhere"
REQUEST = kernel.NLM_F_REQUEST | kernel.NLM_F_ACK | kernel.NLM_F_CREATE
ADDRESS, OTHER = "10.254.0.1", "192.0.2.1"
"""The second is nobody's (RFC 5737): it proves that every address leads here."""
NOT_HERE = 77


def enter() -> None:
    """Enter a network of one's own, as who one is outside."""
    user, group = os.geteuid(), os.getegid()
    kernel.unshare(kernel.CLONE_NEWUSER | kernel.CLONE_NEWNET)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        Path("/proc/self", name).write_text(text)
    kernel.raise_loopback()


def add_device() -> int:
    """Make a device for all addresses; gives the descriptor from which its packets are read."""
    # Or the kernel itself would look for neighbours.
    Path("/proc/sys/net/ipv6/conf/default/disable_ipv6").write_text("1")
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", NAME, IFF_TUN | IFF_NO_PI))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for call, address in ((SIOCSIFADDR, ADDRESS), (SIOCSIFNETMASK, "255.255.255.0")):
            internet = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(address))
            fcntl.ioctl(sock, call, struct.pack("16s16s8x", NAME, internet))
        flags = struct.pack("16sh22x", NAME, kernel.IFF_UP)
        fcntl.ioctl(sock, kernel.SIOCSIFFLAGS, flags)
    lead_everything(socket.if_nametoindex(NAME.decode()))
    return device


def lead_everything(device: int) -> None:
    """Make a device the way to every other address: a default route (rtnetlink(7))."""
    main_table, static, unicast = 254, 4, 1
    route = struct.pack("BBBBBBBBI", socket.AF_INET, 0, 0, 0, main_table, static, 0, unicast, 0)
    route += struct.pack("HHI", 8, kernel.RTA_OIF, device)
    head = struct.pack("IHHII", 16 + len(route), kernel.RTM_NEWROUTE, REQUEST, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
        netlink.send(head + route)
        (error,) = struct.unpack_from("i", netlink.recv(4096), 16)
    if error:
        raise OSError(-error, os.strerror(-error))


def packets(device: int) -> int:
    """How many packets have come to the device."""
    count = 0
    while True:
        try:
            os.read(device, 65536)
        except BlockingIOError:
            return count
        count += 1


def main(command: list[str]) -> int:
    """Run a command alone."""
    try:
        enter()
        device = add_device()
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return NOT_HERE
    code = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stdout=2).returncode
    sent = packets(device)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.sendto(b"one", (OTHER, 9))
    told = {"code": code, "packets": sent, "one_more": packets(device)}
    sys.stdout.write(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
