"""Makes an encrypted directory in a mounted file system. The key is thrown away.

usage: encrypt.py FOLDER
"""
import fcntl
import os
import struct
import sys

ADD_KEY, SET_POLICY = 0xC0506617, 0x800C6613
IDENTIFIER, AES_256_XTS, AES_256_CTS, PAD_32 = 2, 1, 4, 3


def main():
    root = sys.argv[1]
    handle = os.open(root, os.O_RDONLY)
    key = bytearray(struct.pack("<II32xIII28x", IDENTIFIER, 0, 64, 0, 0) + bytes(range(64)))
    fcntl.ioctl(handle, ADD_KEY, key)
    folder = os.path.join(root, "secret")
    os.mkdir(folder)
    secret = os.open(folder, os.O_RDONLY)
    fcntl.ioctl(secret, SET_POLICY, struct.pack("<BBBBB3x16s", 2, AES_256_XTS, AES_256_CTS, PAD_32, 0, bytes(key[8:24])))
    for name in ["file", "another file with a name that is longer", "n" * 200]:
        with open(os.path.join(folder, name), "wb") as file:
            file.write(name.encode())
    os.mkdir(os.path.join(folder, "inner"))
    with open(os.path.join(folder, "inner", "file"), "wb") as file:
        file.write(b"inner")
    with open(os.path.join(root, "open"), "wb") as file:
        file.write(b"not encrypted")


main()
