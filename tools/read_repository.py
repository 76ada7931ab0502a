#!/usr/bin/python3
"""Reads a VmProxy repository without VmProxy: lists its restore points and writes their disks out.

Written from docs/FORMAT.md alone; the section numbers below are its. It never writes into the repository.
Needs Debian's python3-cryptography, python3-argon2 (for passphrases) and python3-zstandard.

  read_repository.py FOLDER KEY points [--json]
  read_repository.py FOLDER KEY disk POINT DISK --to FILE     (raw, sparse)
  read_repository.py FOLDER KEY blob POINT NAME --to FILE
  read_repository.py FOLDER KEY everything --to NEW_FOLDER

KEY is one of --passphrase-file FILE, --passphrase-env NAME, --key-file FILE, --paper-key FILE; none for a repository that is not encrypted.
"""
import argparse
import json
import os
import sys

from repository_reader.keys import Secret
from repository_reader.primitives import Failure
from repository_reader.repository import Repository


def secret_of(options):
    def read(path):
        with open(path, "rb") as file:
            return file.read()
    if options.passphrase_file:
        return Secret(1, read(options.passphrase_file).rstrip(b"\r\n"))
    if options.passphrase_env:
        value = os.environb.get(options.passphrase_env.encode())
        if not value:
            raise Failure(f"the environment variable {options.passphrase_env} is not set or is empty")
        return Secret(1, value)
    if options.key_file:
        return Secret.key_file(read(options.key_file))
    return Secret.paper(read(options.paper_key).decode("utf-8", "replace")) if options.paper_key else None


def print_points(repository, as_json):
    points, damaged = repository.points()
    if as_json:
        print(json.dumps({"points": list(points.values()), "damaged": damaged}, indent=2))
    else:
        for point in points.values():
            print(f"{point['id']}  {point['vm']['name']}  {point.get('level', '')}")
            for disk in point["disks"]:
                print(f"    disk {disk['key']}  {disk.get('label', '')}  {disk['capacityBytes']} bytes")
            for blob in point.get("blobs", []):
                print(f"    file {blob['name']}  {blob['length']} bytes")
    return report(damaged)


def write_everything(repository, folder, keep_going):
    points, damaged = repository.points()
    os.mkdir(folder)
    for key, point in points.items():
        os.mkdir(os.path.join(folder, key))
        for disk in point["disks"]:
            damaged += repository.write_disk(point, str(disk["key"]), os.path.join(folder, key, f"{disk['key']}.raw"), keep_going)
        for number, blob in enumerate(point.get("blobs", [])):
            # The name comes from the store: it must not lead out of the folder.
            write(os.path.join(folder, key, f"{number}-{os.path.basename(blob['name'])}"), repository.blob(point, blob["name"]))
    return report(damaged)


def write(path, content):
    with open(path, "xb") as file:
        file.write(content)


def report(damaged):
    for problem in damaged:
        print(f"damaged: {problem}", file=sys.stderr)
    return 1 if damaged else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    key = parser.add_mutually_exclusive_group()
    for option in ("--passphrase-file", "--passphrase-env", "--key-file", "--paper-key"):
        key.add_argument(option)
    parser.add_argument("--no-index", action="store_true", help="find chunks by walking every pack")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("points").add_argument("--json", action="store_true")
    disk = commands.add_parser("disk")
    blob = commands.add_parser("blob")
    for command, thing in ((disk, "disk"), (blob, "name")):
        command.add_argument("point")
        command.add_argument(thing)
        command.add_argument("--to", required=True)
    everything = commands.add_parser("everything")
    everything.add_argument("--to", required=True)
    for command in (disk, everything):
        command.add_argument("--keep-going", action="store_true", help="leave damaged ranges zero and name them")
    options = parser.parse_args()
    try:
        repository = Repository(options.folder, secret_of(options), options.no_index)
        if options.command == "points":
            return print_points(repository, options.json)
        if options.command == "everything":
            return write_everything(repository, options.to, options.keep_going)
        point = repository.find_point(options.point)
        if options.command == "blob":
            write(options.to, repository.blob(point, options.name))
            return 0
        return report(repository.write_disk(point, options.disk, options.to, options.keep_going))
    except (Failure, OSError, KeyError, ValueError) as error:
        print(f"read_repository: {error if isinstance(error, (Failure, OSError)) else repr(error)}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
