"""Fills a small mounted file system with one of each structure.

usage: small_tree.py FOLDER
"""
import ctypes
import os
import sys


def main():
    root = sys.argv[1]
    os.mkdir(os.path.join(root, "many"))
    for number in range(70):
        os.symlink("x" * number * 3 + "x", os.path.join(root, "many", "a name of some length, number %d" % number))
    with open(os.path.join(root, "fragments"), "wb") as file:
        file.write(b"data" * 20000)
        file.flush()
        os.fsync(file.fileno())
        for offset in range(0, 80000, 4096):
            ctypes.CDLL("libc.so.6").fallocate(file.fileno(), 3, ctypes.c_long(offset), ctypes.c_long(2048))
    os.mkdir(os.path.join(root, "attributes"))
    for number, length in enumerate([10, 300, 3000]):
        path = os.path.join(root, "attributes", str(number))
        with open(path, "wb") as file:
            file.write(b"inline" * number)
        os.setxattr(path, "user.value", b"v" * length)
    deep = root
    for level in range(5):
        deep = os.path.join(deep, "level")
        os.mkdir(deep)


main()
