"""Frames, chunks and the page trees of disks (docs/FORMAT.md, sections 5 to 7). What does not prove itself is Damage."""
import collections
import hmac
import re
import zlib

from .index import frame_chunks, frame_header, pack_name
from .primitives import Damage, decompress, mac, need, u16, u32, unseal

NULL_ID = bytes(32)
MAX_FRAME = 4 << 20


class Chunks:
    """Reads and proves chunks (sections 5 and 6)."""

    CACHED = 64 << 20

    def __init__(self, store, header, keys, index):
        self.store, self.seal, self.keys, self.index = store, header.seal, keys, index
        self.packs, self.frames, self.cached = {}, collections.OrderedDict(), 0

    def read(self, chunk, kind):
        problems = []
        for place in self.index.find(chunk):
            try:
                pack_kind, frame = self.frame(*place)
                need(pack_kind == kind and chunk in frame, place[0], f"at byte {place[1]} there is another chunk")
                return frame[chunk]
            except Damage as error:
                problems.append(str(error))
        raise Damage(f"chunk {chunk.hex()}: " + ("; ".join(problems) or "no index segment names it (--no-index walks all packs)"))

    def frame(self, pack, offset):
        key = pack, offset
        if key not in self.frames:
            kind, frame = self.open_frame(pack, offset)
            self.frames[key] = kind, frame, sum(map(len, frame.values()))
            self.cached += self.frames[key][2]
            while self.cached > self.CACHED and len(self.frames) > 1:
                self.cached -= self.frames.popitem(last=False)[1][2]
        self.frames.move_to_end(key)
        return self.frames[key][:2]

    def pack(self, name):
        if name not in self.packs:
            data = self.store.map(name)
            head = data[:32]
            need(len(data) >= 80 and head[:4] == b"VMPP" and zlib.crc32(head[:28]) == u32(head, 28) and u16(head, 4) == 1 and head[6] in (1, 2)
                 and head[7] == self.seal and pack_name(head[6], head[8:24]) == name, name, "the pack's header is damaged")
            self.packs[name] = data, head, self.keys.of_epoch(u32(head, 24), head[8:24], "pack", name)
        return self.packs[name]

    def open_frame(self, name, offset):
        data, head, key = self.pack(name)
        where = f"{name}, byte {offset}"
        header = frame_header(data, offset)
        need(header, where, "the frame's header is damaged")
        plain_length, p, at = u32(header, 12), u32(header, 16), offset + len(header)
        chunks = frame_chunks(header)
        need(plain_length <= MAX_FRAME and sum(length for _, length in chunks) == plain_length and at + p + 16 <= len(data), where, "impossible lengths")
        plain = unseal(self.seal, key, u32(header, 4), head + header, data[at:at + p], data[at + p:at + p + 16], where)
        plain = decompress(header[10], plain, plain_length, where)
        id_key, found, start = self.keys.chunk_id if head[6] == 1 else self.keys.metadata_id, {}, 0
        for chunk, length in chunks:
            found[chunk] = plain[start:start + length]
            need(hmac.compare_digest(mac(id_key, found[chunk]), chunk), where, f"chunk {chunk.hex()} is not what its id says")
            start += length
        return head[6], found


class Map:
    """The page tree of a disk (section 7)."""

    def __init__(self, chunks, value):
        self.chunks, self.length, self.size, self.root = chunks, value.get("length"), value.get("chunkSize"), value.get("root")
        need(all(type(number) is int for number in (self.length, self.size)) and 0 <= self.length <= 1 << 54 and 512 <= self.size <= 4 << 20
             and self.size & (self.size - 1) == 0 and (self.root is None or re.fullmatch("[0-9a-fA-F]{64}", str(self.root))), "map", "it describes an impossible disk")
        count, levels = max(1, -(-self.length // self.size)), 1
        pages = -(-count // 1024)
        while pages > 1:
            pages, levels = -(-pages // 128), levels + 1
        need(value.get("levels") == levels, "map", "it describes an impossible disk")
        self.levels = levels

    def __iter__(self):
        """(offset, id) of every chunk that is stored, in order."""
        if self.root:
            yield from self.below(self.levels - 1, bytes.fromhex(self.root), 0)

    def below(self, level, page, index):
        fan = 128 if level else 1024
        for slot, entry in enumerate(self.slots(level, page)):
            if entry != NULL_ID:
                place = index * fan + slot
                if level:
                    yield from self.below(level - 1, entry, place)
                else:
                    need(place * self.size < self.length, f"page {page.hex()}", "it names a chunk beyond the disk")
                    yield place * self.size, entry

    def slots(self, level, page, patched=False):
        data, name = self.chunks.read(page, 2), f"page {page.hex()}"
        need(len(data) >= 4 and data[0] in (1, 2) and data[1] == level and not (patched and data[0] == 2), name, "it is no page of this level")
        count = u16(data, 2)
        if data[0] == 1:
            need(len(data) == 4 + 32 * count and count <= (128 if level else 1024), name, "it has an impossible length")
            return [data[at:at + 32] for at in range(4, len(data), 32)]
        need(count <= 256 and len(data) == 36 + 34 * count, name, "it has an impossible length")
        slots, last = self.slots(level, data[4:36], patched=True), -1
        for at in range(36, len(data), 34):
            slot = u16(data, at)
            need(last < slot < len(slots), name, "its entries are out of order")
            slots[slot], last = data[at + 2:at + 34], slot
        return slots
