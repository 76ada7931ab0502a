"""Fills a mounted XFS: either a tree with one of everything, or a random workload that ends in a crash.

usage: xfs_tree.py FOLDER everything|little|huge
       xfs_tree.py FOLDER directory COUNT
       xfs_tree.py FOLDER workload SEED OPERATIONS log|nolog|stay
"""
import ctypes
import fcntl
import os
import random
import socket
import stat
import struct
import sys

GOING_DOWN = 0x8004587D
PUNCH_HOLE = 0x02 | 0x01
libc = ctypes.CDLL(None, use_errno=True)
libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long]


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def punch(file, offset, length):
    libc.fallocate(file.fileno(), PUNCH_HOLE, offset, length)


def fragmented(path, pieces, size):
    """A file of so many extents, with a hole behind each."""
    with open(path, "wb") as file:
        file.write(os.urandom(2 * pieces * size))
        file.flush()
        os.fsync(file.fileno())
        for i in range(pieces):
            punch(file, (2 * i + 1) * size, size)


def names(folder, count, length, remove):
    os.mkdir(folder)
    for i in range(count):
        write(os.path.join(folder, f"{i:06}-" + "n" * (length - 7)), b"")
    for i in range(0, count, remove) if remove else []:
        os.unlink(os.path.join(folder, f"{i:06}-" + "n" * (length - 7)))


def acl(*entries):
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def everything(root):
    join = lambda *parts: os.path.join(root, *parts)
    block = os.statvfs(root).f_bsize
    os.mkdir(join("empty"))
    names(join("short"), 3, 10, 0)
    names(join("block"), 25, 40, 4)
    names(join("leaf"), 400, 30, 7)
    names(join("node"), 4000, 100, 3)
    names(join("shrunk"), 600, 60, 0)
    for name in os.listdir(join("shrunk"))[5:]:
        os.unlink(join("shrunk", name))
    deep = root
    for i in range(60):
        deep = os.path.join(deep, f"d{i}")
        os.mkdir(deep)
    write(os.path.join(deep, "bottom"), b"deep down")
    write(join("small"), b"hello")
    write(join("odd size"), os.urandom(3 * block + 17))
    fragmented(join("fragmented"), 9, block)
    fragmented(join("very fragmented"), 700, block)
    with open(join("sparse"), "wb") as file:
        file.seek(40 << 20)
        file.write(b"end")
        file.seek(7 << 20)
        file.write(os.urandom(block))
    with open(join("reserved"), "wb") as file:
        os.posix_fallocate(file.fileno(), 0, 5 << 20)
        file.seek(1 << 20)
        file.write(b"only this")
    with open(join("reserved beyond"), "wb") as file:
        file.write(b"short")
        libc.fallocate(file.fileno(), 1, 0, 1 << 20)
    os.mkdir(join("odd"))
    for name in (b"\xff\xfe\x80", "äöü€🐄".encode(), b"x" * 255, b" ", b"new\nline", b"back\\slash", b"\xed\xa0\x80"):
        write(os.path.join(os.fsencode(root), b"odd", name), name)
    os.symlink("short", join("link"))
    os.symlink("../" * 100 + "l" * 100, join("link of 400"))
    os.symlink("m" * 1023, join("link of 1023"))
    os.symlink(b"\xff\xfe", os.path.join(os.fsencode(root), b"odd link"))
    os.link(join("small"), join("hard link"))
    os.mknod(join("character"), stat.S_IFCHR | 0o600, os.makedev(5, 300))
    os.mknod(join("block device"), stat.S_IFBLK | 0o660, os.makedev(259, 70000))
    os.mkfifo(join("pipe"))
    with socket.socket(socket.AF_UNIX) as end:
        os.chdir(root)
        end.bind("socket")
        os.chdir("/")
    for name in ("attributes", "short"):
        if name != "short":
            write(join(name), b"")
        os.setxattr(join(name), "user.small", b"value")
        os.setxattr(join(name), "user.empty", b"")
        os.setxattr(join(name), "trusted.some", b"\0\1\2")
        os.setxattr(join(name), "security.thing", b"label")
    write(join("leaf of attributes"), b"a")
    for i in range(12):
        os.setxattr(join("leaf of attributes"), f"user.number{i}", os.urandom(60))
    write(join("large attributes"), b"b")
    os.setxattr(join("large attributes"), "user.64k", os.urandom(65536))
    os.setxattr(join("large attributes"), "user.5000", os.urandom(5000))
    write(join("many attributes"), b"c")
    for i in range(400):
        os.setxattr(join("many attributes"), f"user.{'name' * 20}{i}", os.urandom(i % 90))
    for i in range(0, 400, 5):
        os.removexattr(join("many attributes"), f"user.{'name' * 20}{i}")
    write(join("acl"), b"d")
    os.setxattr(join("acl"), "system.posix_acl_access", acl((1, 6, 0xFFFFFFFF), (2, 5, 1234), (4, 4, 0xFFFFFFFF), (8, 2, 77), (0x10, 7, 0xFFFFFFFF), (0x20, 0, 0xFFFFFFFF)))
    os.mkdir(join("default acl"))
    os.setxattr(join("default acl"), "system.posix_acl_default", acl((1, 7, 0xFFFFFFFF), (2, 7, 1), (4, 5, 0xFFFFFFFF), (0x10, 7, 0xFFFFFFFF), (0x20, 5, 0xFFFFFFFF)))
    write(join("owned"), b"e")
    os.chown(join("owned"), 0x12345678, 4_000_000_000)
    os.chmod(join("owned"), 0o6754)
    for i, second in enumerate((-2**31, -1, 0, 1, 2**31 - 1, 2**31, 2**33)):
        write(join(f"time {i}"), b"")
        os.utime(join(f"time {i}"), ns=(second * 10**9 + 999_999_999, second * 10**9 + 1))
    copy(join("odd size"), join("reflink"))


def little(root):
    """One of each form that has blocks of its own, small enough to be read thousands of times."""
    join = lambda *parts: os.path.join(root, *parts)
    names(join("short"), 3, 10, 0)
    names(join("block"), 20, 40, 4)
    names(join("leaf"), 80, 80, 9)
    names(join("node"), 700, 240, 10)
    fragmented(join("fragmented"), 8, 4096)
    fragmented(join("very fragmented"), 500, 4096)
    os.symlink("m" * 1000, join("link"))
    write(join("attributes"), b"a")
    for i in range(60):
        os.setxattr(join("attributes"), f"user.number{i}", os.urandom(200))
    os.setxattr(join("attributes"), "user.remote", os.urandom(9000))


def huge(root):
    """Numbers beyond 32 bits: inodes in far allocation groups, and a file of terabytes."""
    for i in range(20):
        names(os.path.join(root, f"group{i}"), 5, 10, 0)
    with open(os.path.join(root, "nine terabytes"), "wb") as file:
        file.write(b"begin")
        for place in range(1, 600):
            file.seek(place * (15 << 30))
            file.write(b"at %d" % place)


def copy(source, target):
    """A reflink where the file system has them."""
    with open(source, "rb") as a, open(target, "wb") as b:
        try:
            fcntl.ioctl(b.fileno(), 0x40049409, a.fileno())
            b.seek(100)
            b.write(b"changed")
        except OSError:
            pass


def workload(root, seed, operations, end):
    rng = random.Random(seed)
    folders, files, count = [root], [], 0
    for i in range(operations):
        choice = rng.random()
        folder = rng.choice(folders)
        count += 1
        try:
            if choice < 0.30 or not files:
                path = os.path.join(folder, f"{count}" + "f" * rng.choice((1, 20, 150)))
                write(path, rng.randbytes(rng.choice((0, 10, 5000, 40000))))
                files.append(path)
            elif choice < 0.36:
                path = os.path.join(folder, f"dir{count}")
                os.mkdir(path)
                folders.append(path)
            elif choice < 0.46:
                old = files.pop(rng.randrange(len(files)))
                new = os.path.join(folder, f"renamed{count}")
                os.rename(old, new)
                files.append(new)
            elif choice < 0.60:
                os.unlink(files.pop(rng.randrange(len(files))))
            elif choice < 0.66:
                os.truncate(rng.choice(files), rng.choice((0, 1, 3000, 100000)))
            elif choice < 0.74:
                os.setxattr(rng.choice(files), f"user.x{rng.randrange(30)}", rng.randbytes(rng.choice((3, 200, 3000, 20000))))
            elif choice < 0.78:
                path = rng.choice(files)
                for name in os.listxattr(path)[:3]:
                    os.removexattr(path, name)
            elif choice < 0.82:
                path = os.path.join(folder, f"link{count}")
                os.symlink("t" * rng.choice((5, 300, 1000)), path)
            elif choice < 0.88:
                with open(rng.choice(files), "r+b") as file:
                    for _ in range(rng.choice((2, 60))):
                        file.seek(rng.randrange(200) * 8192)
                        file.write(rng.randbytes(1000))
                    if rng.random() < 0.5:
                        os.fsync(file.fileno())
                    punch(file, 4096 * rng.randrange(50), 4096 * rng.randrange(1, 20))
            elif choice < 0.92:
                for j in range(rng.choice((20, 300))):
                    path = os.path.join(folder, f"many{count}-{j}-" + "m" * 40)
                    write(path, b"")
                    files.append(path)
            elif choice < 0.95:
                for _ in range(min(len(files) // 2, 200)):
                    os.unlink(files.pop(rng.randrange(len(files))))
            elif choice < 0.97:
                os.chown(rng.choice(files), rng.randrange(1000), rng.randrange(1000))
            elif choice < 0.98:
                os.sync()
            elif choice < 0.99:
                copy(rng.choice(files), os.path.join(folder, f"copy{count}"))
                files.append(os.path.join(folder, f"copy{count}"))
            else:
                with open(rng.choice(files), "rb") as file:
                    os.fsync(file.fileno())
        except FileNotFoundError:
            pass
    if end != "stay":
        top = os.open(root, os.O_RDONLY)
        fcntl.ioctl(top, GOING_DOWN, struct.pack("I", 1 if end == "log" else 2))
        os.close(top)


def main():
    root, scenario = sys.argv[1:3]
    if scenario == "everything":
        everything(root)
    elif scenario == "little":
        little(root)
    elif scenario == "huge":
        huge(root)
    elif scenario == "directory":
        names(os.path.join(root, "large"), int(sys.argv[3]), 40, 11)
    else:
        workload(root, int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])


main()
