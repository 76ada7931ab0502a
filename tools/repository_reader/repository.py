"""Restore points, which of them count, and what they hold (docs/FORMAT.md, sections 9 to 11)."""
import json
import re
import sys

from .chunks import Chunks, Map
from .index import Index
from .keys import Keys
from .primitives import Damage, Failure, decompress, mac, need, u16, u32, unseal
from .store import Header, Store

CHUNK = re.compile("[0-9a-fA-F]{64}")

def parse(name, data):
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    need(isinstance(value, dict), name, "its content cannot be read")
    return value


def normal(name, point):
    """Section 9: absent members are null, so null ones are absent; what a reader cannot do without is damage of this point alone."""
    point = {key: value for key, value in point.items() if value is not None}
    for key in ("disks", "blobs"):
        entries = point.setdefault(key, [])
        need(isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries), name, f"it lists impossible {key}")
    need(isinstance(point.get("id"), str) and isinstance(point.get("vm"), dict) and isinstance(point.get("session", ""), str), name,
         "it lacks its id or its virtual machine")
    point["vm"]["name"] = point["vm"].get("name") or ""
    for disk in point["disks"]:
        need(isinstance(disk.get("key"), int) and isinstance(disk.get("map"), dict), name, "a disk lacks its key or its map")
        disk["capacityBytes"] = disk.get("capacityBytes") or 0
    for blob in point["blobs"]:
        need(isinstance(blob.get("name"), str) and isinstance(blob.get("length"), int), name, "a file lacks its name or its length")
        chunks = blob["chunks"] = blob.get("chunks") or []
        need(isinstance(chunks, list) and all(isinstance(chunk, str) and CHUNK.fullmatch(chunk) for chunk in chunks), name, "a file names impossible chunks")
    return point


class Repository:
    def __init__(self, folder, secret, walk):
        self.store = Store(folder)
        self.header = Header(self.store)
        if self.header.seal == 1 and secret is None:
            raise Failure(f"{folder} is encrypted: give --passphrase-file, --passphrase-env, --key-file or --paper-key")
        if self.header.seal == 0 and secret is not None:
            raise Failure(f"{folder} is not encrypted, but a {secret.what} was given: was the repository replaced?")
        self.keys = self.open_keys(secret)
        self.header.prove(self.keys)
        self.walk, self._chunks = walk, None

    def open_keys(self, secret):
        """Section 4.2: rings replace each other, so a failure while they do is tried again."""
        for attempt in range(5):
            names = self.store.names("keys/rings/")
            try:
                return Keys(self.store, self.header, secret)
            except Failure:
                if attempt == 4 or names == self.store.names("keys/rings/"):
                    raise

    @property
    def chunks(self):
        if self._chunks is None:
            self._chunks = Chunks(self.store, self.header, self.keys, Index(self.store, self.keys, self.walk))
        return self._chunks

    def points(self):
        """All points by id, and the damage found. Points are listed before the notes that say which of them count."""
        found, points, damaged = [], {}, []
        # Before and after the points: a prune may take a point and its marker away in between (section 9.2).
        trash = {name.split("/")[1] for name in self.store.objects("trash/")}
        for name in self.store.objects("points/"):
            try:
                found.append((name.rsplit("/", 1)[1], self.point(name)))
            except Damage as error:
                damaged.append(str(error))
        trash |= {name.split("/")[1] for name in self.store.objects("trash/")}
        held = {name.split("/")[1].split(".")[0] for name in self.store.names("holds/")}
        closing = {name.split("/")[1].split(".")[0] for name in self.store.names("sessions/") if name.endswith(".closing")}
        for r, point in found:
            try:
                if (r not in trash or r in held) and (point.get("session") not in closing or self.counts(point["session"], r)):
                    points[point["id"]] = point
            except Damage as error:
                damaged.append(str(error))
        return dict(sorted(points.items())), damaged

    def counts(self, session, r):
        """Whether a session that is being closed from outside had written the point by then; without the closed note that is undecided, and the point counts."""
        name = f"sessions/{session}.closed"
        return name not in self.store.names("sessions/") or r in self.note(name, 4)["points"]

    def note(self, name, kind):
        data = self.store.read(name)
        need(len(data) >= 48 and data[:4] == b"VMPN" and u16(data, 4) == 1 and data[6] == kind and data[7] == self.header.seal
             and u32(data, 28) == len(data) - 48, name, "the note's header is damaged")
        key = self.keys.of_epoch(u32(data, 24), data[8:24], "note", name)
        note = parse(name, unseal(self.header.seal, key, 0, data[:32] + name.encode(), data[32:-16], data[-16:], name))
        need(kind != 4 or isinstance(note.get("points"), list), name, "it lacks its points")
        return note

    def point(self, name):
        data, r = self.store.read(name), name.rsplit("/", 1)[1]
        need(len(data) >= 64 and data[:4] == b"VMPO" and u16(data, 4) == 1 and data[6] == self.header.seal and data[8:24].hex() == r, name,
             "the point's header is damaged")
        key = self.keys.of_epoch(u32(data, 40), data[24:40], "point", name)
        plain = decompress(data[7], unseal(self.header.seal, key, 0, data[:48], data[48:-16], data[-16:], name), u32(data, 44), name)
        point = normal(name, parse(name, plain))
        need(mac(self.keys.point_name, point["id"].encode())[:16].hex() == r, name, f"it holds point {point['id']}, whose name is another")
        return point

    def find_point(self, prefix):
        points, damaged = self.points()
        for problem in damaged:
            print(f"damaged: {problem}", file=sys.stderr)
        fitting = [point for key, point in points.items() if key.startswith(prefix)]
        if len(fitting) != 1:
            raise Failure(f"{len(fitting)} points begin with '{prefix}'")
        return fitting[0]

    def write_disk(self, point, disk, target, keep_going):
        """Writes a disk and returns the damaged ranges, which stay zeros; without keep_going the first one ends it."""
        found = [entry for entry in point["disks"] if disk in (str(entry["key"]), entry.get("label"))]
        if len(found) != 1:
            raise Failure(f"point {point['id']} holds no disk '{disk}'; it holds " + ", ".join(f"{d['key']} ({d.get('label')})" for d in point["disks"]))
        damaged, tree = [], Map(self.chunks, found[0]["map"])
        with open(target, "xb") as file:
            file.truncate(tree.length)
            for offset, chunk in tree:
                try:
                    data = self.chunks.read(chunk, 1)
                    need(len(data) <= min(tree.size, tree.length - offset), f"chunk {chunk.hex()}", "it is longer than its place")
                    file.seek(offset)
                    file.write(data)
                except Damage as error:
                    if not keep_going:
                        raise
                    damaged.append(f"bytes {offset} to {min(offset + tree.size, tree.length)}: {error}")
        return damaged

    def blob(self, point, name):
        found = [blob for blob in point.get("blobs", []) if blob["name"] == name]
        if len(found) != 1:
            raise Failure(f"point {point['id']} holds no file '{name}'; it holds " + ", ".join(b["name"] for b in point.get("blobs", [])))
        content = b"".join(self.chunks.read(bytes.fromhex(chunk), 2) for chunk in found[0]["chunks"])
        need(len(content) == found[0]["length"], name, "it has another length than the point says")
        return content
