"""The objects of a repository in a folder, and its header (docs/FORMAT.md, sections 2 and 3)."""
import hmac
import mmap
import os
import re

from .primitives import Damage, Failure, mac, need, sha256, u16, u64

NAME = re.compile("[0-9a-f]{32}")


class Store:
    """A repository in a folder (section 2). Files in tmp/ and names of other shapes are no objects."""

    def __init__(self, folder):
        self.folder = folder

    def read(self, name):
        try:
            with open(os.path.join(self.folder, name), "rb") as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError):
            raise Damage(f"{name}: the object is missing") from None

    def map(self, name):
        try:
            with open(os.path.join(self.folder, name), "rb") as file:
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (FileNotFoundError, NotADirectoryError, ValueError):
            raise Damage(f"{name}: the object is missing or empty") from None

    def names(self, prefix):
        try:
            entries = sorted(os.listdir(os.path.join(self.folder, prefix)))
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [prefix + entry for entry in entries]

    def objects(self, prefix):
        return [name for name in self.names(prefix) if NAME.fullmatch(name.rsplit("/", 1)[1])]

    def packs(self):
        spread = [name for folder in self.names("data/") for name in self.objects(folder + "/")]
        return self.objects("meta/") + [name for name in spread if name.split("/")[1] == name.split("/")[2][:2]]


class Header:
    """Section 3."""

    def __init__(self, store):
        try:
            data = store.read("vmproxy-repository")
        except Damage:
            raise Failure(f"{store.folder} holds no repository") from None
        if data[:4] != b"VMPC":
            raise Failure(f"{store.folder} holds something else: its header is of another program")
        if len(data) < 6 or u16(data, 4) != 1:
            raise Failure(f"{store.folder} has another format version; this reader knows version 1")
        need(len(data) == 128 and sha256(data[:96]) == data[96:], "vmproxy-repository", "the header does not match its checksum")
        if u64(data, 24):
            raise Failure(f"{store.folder} uses read features {u64(data, 24):#x} that this reader does not know")
        if data[48] != 1 or data[49] > 1:
            raise Failure(f"{store.folder} uses algorithms that this reader does not know")
        self.data, self.id, self.seal = data, data[8:24], data[49]

    def prove(self, keys):
        need(hmac.compare_digest(mac(keys.header, self.data[:64]), self.data[64:96]), "vmproxy-repository",
             "the header was not written with the key of this repository")
