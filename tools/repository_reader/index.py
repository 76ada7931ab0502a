"""Where chunks lie: index segments, or a walk over all packs (docs/FORMAT.md, sections 6.2 and 8)."""
import bisect
import collections
import hashlib
import hmac
import struct
import sys
import zlib

from .primitives import Damage, mac, need, u16, u32


class Segment:
    """An index segment (section 8): the head is proved at once, a block of records when it is first touched."""

    def __init__(self, store, name, key):
        data = store.map(name)
        need(len(data) >= 128 and data[:4] == b"VMPI" and u16(data, 4) == 1, name, "the index segment's header is damaged")
        end = len(data)
        r, p, s, lines = (u32(data, end - 64 + 4 * i) for i in range(4))
        need(u32(data, end - 48) == 1024 and u32(data, end - 44) == 256, name, "the index segment's footer is damaged")
        filter_at = (64 + 48 * r + 63) // 64 * 64
        tables = filter_at + 64 * lines
        superseded = tables + 32 * p
        self.blocks_at = superseded + 16 * s
        self.blocks = (r + 1023) // 1024
        need(self.blocks_at + 40 * self.blocks + 32 * ((lines + 255) // 256) + 64 == end, name, "the index segment has an impossible length")
        # All bytes before the proof itself, without the records and the lines.
        proof = hmac.new(key, data[:64], hashlib.sha256)
        proof.update(data[64 + 48 * r:filter_at])
        proof.update(data[tables:end - 32])
        need(hmac.compare_digest(proof.digest(), data[end - 32:]) and data[8:24].hex() == name.rsplit("/", 1)[1], name,
             "the index segment does not match its checksum")
        self.name, self.key, self.data, self.count = name, key, data, r
        self.superseded = {"index/" + data[superseded + 16 * i:superseded + 16 * i + 16].hex() for i in range(s)}
        self.pack_names = [pack_name(data[at + 20], data[at:at + 16]) for at in range(tables, superseded, 32)]
        self.firsts = [data[at:at + 8] for at in range(self.blocks_at, self.blocks_at + 40 * self.blocks, 40)]
        self.proved = {}

    def find(self, chunk):
        """Yields (pack, offset) for each record of the id."""
        block = bisect.bisect_right(self.firsts, chunk[:8]) - 1
        while block >= 0:
            if self.is_proved(block):
                yield from self.find_in(block, chunk)
            if self.firsts[block] < chunk[:8]:
                return
            block -= 1

    def find_in(self, block, chunk):
        low, high = 1024 * block, min(self.count, 1024 * block + 1024)
        top = high
        while low < high:
            middle = (low + high) // 2
            if self.data[64 + 48 * middle:96 + 48 * middle] < chunk:
                low = middle + 1
            else:
                high = middle
        while low < top and self.data[64 + 48 * low:96 + 48 * low] == chunk:
            yield self.pack_names[u32(self.data, 96 + 48 * low)], u32(self.data, 100 + 48 * low)
            low += 1

    def is_proved(self, block):
        if block not in self.proved:
            records = self.data[64 + 48 * 1024 * block:64 + 48 * min(self.count, 1024 * block + 1024)]
            entry = self.data[self.blocks_at + 40 * block:self.blocks_at + 40 * block + 40]
            self.proved[block] = mac(self.key, self.data[8:24] + struct.pack("<I", block) + records) == entry[8:] and records[:8] == entry[:8]
            if not self.proved[block]:
                print(f"damaged: {self.name}, block {block}", file=sys.stderr)
        return self.proved[block]


def pack_name(kind, pack):
    return f"data/{pack.hex()[:2]}/{pack.hex()}" if kind == 1 else f"meta/{pack.hex()}"


class Index:
    """Finds chunks by the segments, or by walking all packs."""

    def __init__(self, store, keys, walk):
        self.segments, self.places = [], collections.defaultdict(list)
        if walk:
            self.walk(store)
            return
        for name in store.objects("index/"):
            try:
                self.segments.append(Segment(store, name, keys.index))
            except Damage as error:
                print(f"damaged: {error}; --no-index does without", file=sys.stderr)
        replaced = set().union(*(segment.superseded for segment in self.segments)) if self.segments else set()
        self.segments = [segment for segment in self.segments if segment.name not in replaced]

    def find(self, chunk):
        yield from self.places.get(chunk, [])
        for segment in self.segments:
            yield from segment.find(chunk)

    def walk(self, store):
        """Frame headers are in the clear; after a damaged one the next is found by its magic and checksum (section 6.2)."""
        for name in store.packs():
            data = store.map(name)
            at = 32
            while 0 <= at < len(data) and data[at:at + 4] != b"VMPT":
                header = frame_header(data, at)
                if header:
                    for chunk, _ in frame_chunks(header):
                        self.places[chunk].append((name, at))
                    at += len(header) + u32(header, 16) + 16
                else:
                    print(f"damaged: {name}, frame at byte {at}", file=sys.stderr)
                    at = data.find(b"VMPF", at + 1)


def frame_header(data, at):
    """The header of the frame at an offset, or None when there is none that proves itself."""
    if len(data) < at + 24 or data[at:at + 4] != b"VMPF":
        return None
    header = data[at:at + 24 + 36 * u16(data, at + 8)]
    whole = len(header) == 24 + 36 * u16(data, at + 8) and zlib.crc32(header[:-4]) == u32(header, len(header) - 4)
    return header if whole and u16(header, 8) else None


def frame_chunks(header):
    return [(header[at:at + 32], u32(header, at + 32)) for at in range(20, len(header) - 4, 36)]
