"""Prints what the kernel says of every file below a folder, one JSON object a line. Names and targets are hexadecimal: they need not be text.

usage: tree_facts.py FOLDER [--no-content]
"""
import hashlib
import json
import os
import stat
import sys

KINDS = {
    stat.S_IFREG: "File", stat.S_IFDIR: "Directory", stat.S_IFLNK: "SymbolicLink", stat.S_IFCHR: "CharacterDevice",
    stat.S_IFBLK: "BlockDevice", stat.S_IFIFO: "Pipe", stat.S_IFSOCK: "Socket",
}


def content_hash(path):
    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def attributes(path):
    found = {}
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError:
        # exFAT through FUSE knows no attributes at all.
        return found
    for name in names:
        try:
            found[os.fsdecode(name)] = os.getxattr(path, name, follow_symlinks=False).hex()
        except OSError:
            pass
    return found


def facts(path, relative, with_content):
    status = os.lstat(path)
    kind = KINDS[stat.S_IFMT(status.st_mode)]
    found = {
        "path": relative.hex(), "kind": kind, "id": status.st_ino, "size": status.st_size, "modified": status.st_mtime_ns, "accessed": status.st_atime_ns,
        "changed": status.st_ctime_ns, "mode": stat.S_IMODE(status.st_mode), "owner": status.st_uid, "group": status.st_gid,
        "links": status.st_nlink, "attributes": attributes(path),
    }
    if kind == "SymbolicLink":
        found["target"] = os.readlink(path).hex()
    if kind in ("CharacterDevice", "BlockDevice"):
        found["device"] = [os.major(status.st_rdev), os.minor(status.st_rdev)]
    if kind == "File" and with_content:
        found["sha256"] = content_hash(path)
    return found


def main():
    root = os.fsencode(sys.argv[1])
    with_content = "--no-content" not in sys.argv
    print(json.dumps(facts(root, b"", with_content)))
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = os.path.join(folder, name)
            print(json.dumps(facts(path, os.path.relpath(path, root), with_content)))


main()
