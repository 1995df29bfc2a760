# SPDX-License-Identifier: MIT
"""
A peer at the endpoint's link that keeps what it was given. Node cannot receive descriptors, which is why this is Python.

    hoarder.py SOCKET ADDRESS VALUE

It says "up" when the link is; hangs up at the first line of its input and says "gone"; at the second one posts a write
of VALUE to ADDRESS of the eDMA's registers into the ring that it still has, and says "posted".
"""
import mmap
import os
import re
import socket
import struct
import sys

# qemu-devices/src/link/protocol.h, post-ring.h
PROTOCOL = os.path.join(os.path.dirname(__file__), "../../src/link/protocol.h")
with open(PROTOCOL) as protocol:
    VERSION = int(re.search(r"^#define DWC_LINK_VERSION +(\d+)$", protocol.read(), re.M)[1])
HELLO, RAM, SHARED, READY = 1, 3, 4, 5
HEADER = struct.Struct("<HHII")
GREETING = struct.pack("<4I", 0x4C435744, VERSION, 0, 0)
SHARED_POSTS = 1
SLOTS = 1024
FIRST_SLOT = 128
SLOT = struct.Struct("<QQII")


def message(kind, payload=b""):
    return HEADER.pack(kind, 0, len(payload), 1) + payload


def receive_until_ready(link):
    """The descriptor of the ring of posted writes."""
    data, fds, posts = b"", [], -1
    while True:
        more, new, _, _ = socket.recv_fds(link, 65536, 16)
        if not more:
            sys.exit("the endpoint hung up during the handshake")
        data, fds = data + more, fds + new
        while len(data) >= HEADER.size:
            kind, _, length, _ = HEADER.unpack_from(data)
            payload = data[HEADER.size : HEADER.size + length]
            if len(payload) < length:
                break
            data = data[HEADER.size + length :]
            if kind in (RAM, SHARED):
                fd = fds.pop(0)
                if kind == SHARED and struct.unpack_from("<I", payload)[0] == SHARED_POSTS:
                    posts = fd
            if kind == READY:
                return posts


def post(ring, address, value):
    (head,) = struct.unpack_from("<I", ring)
    SLOT.pack_into(ring, FIRST_SLOT + head % SLOTS * SLOT.size, address, value, 4, 0)
    struct.pack_into("<I", ring, 0, (head + 1) & 0xFFFFFFFF)


def main(path, address, value):
    link = socket.socket(socket.AF_UNIX)
    link.connect(path)
    link.sendall(message(HELLO, GREETING))
    posts = receive_until_ready(link)
    ring = mmap.mmap(posts, os.fstat(posts).st_size)
    link.sendall(message(READY))
    print("up", flush=True)
    sys.stdin.readline()
    link.close()
    print("gone", flush=True)
    sys.stdin.readline()
    post(ring, address, value)
    print("posted", flush=True)


main(sys.argv[1], int(sys.argv[2], 0), int(sys.argv[3], 0))
