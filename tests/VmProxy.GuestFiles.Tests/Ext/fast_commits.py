"""Makes changes to a mounted file system that fast commits hold.

usage: fast_commits.py FOLDER
"""
import os
import sys


def fsync(path):
    handle = os.open(path, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def main():
    root = sys.argv[1]
    folder = os.path.join(root, "folder")
    os.mkdir(folder)
    for name in ["old", "doomed", "grows", "shrinks", "renamed"]:
        with open(os.path.join(folder, name), "wb") as file:
            file.write(b"before" * 3000)
    # A whole commit first: what follows are fast ones.
    os.sync()
    fsync(folder)
    for number in range(20):
        path = os.path.join(folder, "new %d" % number)
        with open(path, "wb") as file:
            file.write(b"new" * number * 1000)
        fsync(path)
    with open(os.path.join(folder, "grows"), "ab") as file:
        file.write(b"after" * 5000)
    fsync(os.path.join(folder, "grows"))
    os.truncate(os.path.join(folder, "shrinks"), 5000)
    fsync(os.path.join(folder, "shrinks"))
    os.unlink(os.path.join(folder, "doomed"))
    os.link(os.path.join(folder, "old"), os.path.join(folder, "old too"))
    fsync(os.path.join(folder, "old"))
    os.rename(os.path.join(folder, "renamed"), os.path.join(folder, "has another name"))
    fsync(os.path.join(folder, "has another name"))
    with open(os.path.join(folder, "old"), "r+b") as file:
        file.write(b"in place")
    fsync(os.path.join(folder, "old"))


main()
