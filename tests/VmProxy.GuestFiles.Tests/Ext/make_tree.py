"""Fills a mounted ext file system with what is odd about files; what a file system cannot hold is left out.

usage: make_tree.py FOLDER
"""
import ctypes
import os
import random
import socket
import struct
import sys

PUNCH_HOLE, KEEP_SIZE = 2, 1
LIBC = ctypes.CDLL("libc.so.6", use_errno=True)


def attempt(work, *arguments, **named):
    """Whatever the file system refuses (ENOSPC for attributes, EFBIG, EOPNOTSUPP) is no part of the test."""
    try:
        work(*arguments, **named)
    except OSError:
        pass


def fallocate(file, mode, offset, length):
    if LIBC.fallocate(file.fileno(), mode, ctypes.c_long(offset), ctypes.c_long(length)) != 0:
        raise OSError(ctypes.get_errno())


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)


def names(root):
    folder = os.path.join(root, b"names")
    os.mkdir(folder)
    for name in [b"\xff\xfe no text", b"n" * 255, "ü".encode() * 127, b"new\nline", b"back\\slash", b" blank ", b"-", b"\xed\xa0\x80", "🐄".encode()]:
        write(os.path.join(folder, name), name)


def sizes(root, rand):
    folder = os.path.join(root, b"sizes")
    os.mkdir(folder)
    for size in [0, 1, 59, 60, 61, 99, 100, 150, 160, 200, 400, 1023, 1024, 1025, 4096, 12 * 1024, 12 * 4096 + 1, 300 * 1024, 1200 * 1024]:
        write(os.path.join(folder, b"%d" % size), rand.randbytes(size))


def links(root):
    folder = os.path.join(root, b"links")
    os.mkdir(folder)
    for length in [1, 10, 58, 59, 60, 61, 120, 155, 300, 1000, 2000, 4000]:
        attempt(os.symlink, b"t" * length, os.path.join(folder, b"%d" % length))
    os.symlink(b"../names/\xff\xfe no text", os.path.join(folder, b"odd"))
    write(os.path.join(folder, b"hard"), b"two names")
    os.link(os.path.join(folder, b"hard"), os.path.join(folder, b"hard too"))


def special(root):
    folder = os.path.join(root, b"special")
    os.mkdir(folder)
    for name, kind, device in [(b"char", 0o020000, (5, 1)), (b"block", 0o060000, (8, 17)), (b"large", 0o060000, (259, 70000)), (b"largest", 0o020000, (4095, 1048575))]:
        os.mknod(os.path.join(folder, name), kind | 0o640, os.makedev(*device))
    os.mkfifo(os.path.join(folder, b"pipe"))
    there = os.getcwd()
    os.chdir(folder)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
    os.chdir(there)


def owners(root):
    for number, (owner, group, mode) in enumerate([(0, 0, 0o7777), (70000, 80000, 0o4711), (4294967294, 4294967294, 0), (65535, 65536, 0o1644)]):
        path = os.path.join(root, b"owner %d" % number)
        write(path, b"")
        os.chown(path, owner, group)
        os.chmod(path, mode)


def times(root):
    for number, seconds in enumerate([-2147483648, -1, 0, 2147483647, 2147483648, 4294967296, 6442450944, 10000000000, 15032385535]):
        path = os.path.join(root, b"time %d" % number)
        write(path, b"")
        os.utime(path, ns=(seconds * 10**9 + 123456789, seconds * 10**9 + 999999999))


def attributes(root, rand):
    folder = os.path.join(root, b"attributes")
    os.mkdir(folder)
    for number, length in enumerate([0, 1, 20, 200, 500, 800, 3000, 20000, 60000]):
        path = os.path.join(folder, b"file %d" % number)
        write(path, b"x" * number)
        attempt(os.setxattr, path, b"user.small", b"value")
        attempt(os.setxattr, path, "user.value \u00e4".encode(), rand.randbytes(length))
        attempt(os.setxattr, path, b"trusted.other", b"t" * (length // 2))
        attempt(os.setxattr, path, b"security.test", b"\0\1\2")
    entries = [(1, 7, 0xFFFFFFFF), (2, 6, 1000), (2, 4, 70000), (4, 5, 0xFFFFFFFF), (8, 4, 2000), (16, 7, 0xFFFFFFFF), (32, 0, 0xFFFFFFFF)]
    acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    attempt(os.setxattr, path, b"system.posix_acl_access", acl)
    attempt(os.setxattr, folder, b"system.posix_acl_default", acl)
    os.symlink(b"x", os.path.join(folder, b"link"))
    attempt(os.setxattr, os.path.join(folder, b"link"), b"trusted.link", b"of a link", follow_symlinks=False)


def sparse(root, rand):
    with open(os.path.join(root, b"sparse"), "wb") as file:
        for offset in [0, 100_000, 5_000_000, 70_000_000]:
            file.seek(offset)
            file.write(rand.randbytes(5000))
        file.truncate(80_000_000)
    with open(os.path.join(root, b"reserved"), "wb") as file:
        file.write(b"begin")
        attempt(fallocate, file, 0, 0, 1_000_000)
        file.seek(500_000)
        file.write(b"middle")
    with open(os.path.join(root, b"reserved beyond"), "wb") as file:
        file.write(b"short")
        attempt(fallocate, file, KEEP_SIZE, 0, 500_000)
    with open(os.path.join(root, b"fragments"), "wb") as file:
        file.write(rand.randbytes(800 * 1024))
        file.flush()
        os.fsync(file.fileno())
        for offset in range(0, 800 * 1024, 8192):
            attempt(fallocate, file, PUNCH_HOLE | KEEP_SIZE, offset, 4096)


def folders(root):
    deep = os.path.join(root, b"deep")
    for level in range(40):
        os.mkdir(deep)
        write(os.path.join(deep, b"file"), b"%d" % level)
        deep = os.path.join(deep, b"level %d" % level)
    many = os.path.join(root, b"many")
    os.mkdir(many)
    for number in range(700):
        write(os.path.join(many, b"a rather long name of file number %d \xc3\xa4" % number), b"")
    for number in range(0, 700, 7):
        os.unlink(os.path.join(many, b"a rather long name of file number %d \xc3\xa4" % number))
    few = os.path.join(root, b"few")
    os.mkdir(few)
    for number in range(5):
        write(os.path.join(few, b"%d" % number), b"few")
    os.mkdir(os.path.join(root, b"empty"))


def main():
    root = os.fsencode(sys.argv[1])
    rand = random.Random(1)
    names(root)
    sizes(root, rand)
    links(root)
    special(root)
    owners(root)
    attributes(root, rand)
    sparse(root, rand)
    folders(root)
    times(root)


main()
