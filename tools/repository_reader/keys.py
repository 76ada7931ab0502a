"""From a secret over a key slot and the key ring to the working keys (docs/FORMAT.md, section 4)."""
import re
import sys

from .primitives import Damage, Failure, hkdf, need, open_gcm, sha256, u16, u32, u64


class Secret:
    """What the user gives to open the repository (sections 4.1 and 4.5)."""

    LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

    def __init__(self, kind, value):
        self.kind, self.value = kind, value
        self.what = ["nothing", "passphrase", "key file", "paper key"][kind]

    @classmethod
    def key_file(cls, data):
        data = data.rstrip(b"\r\n")
        if len(data) < 32:
            raise Failure(f"the key file has {len(data)} bytes; a key file has at least 32")
        return cls(2, data)

    @classmethod
    def paper(cls, text):
        lines, problems = {}, {number: "is missing" for number in range(1, 7)}
        for line in text.splitlines():
            match = re.fullmatch(r"\s*([1-6])\s*:(.*)", line)
            if match:
                number = int(match[1])
                problems[number] = cls.paper_line(number, match[2], lines)
        wrong = [f"line {number} {problem}" for number, problem in problems.items() if problem]
        if wrong:
            raise Failure(f"the paper key cannot be used: {'; '.join(wrong)}")
        return cls(3, b"".join(lines[number] for number in range(1, 7)))

    @classmethod
    def paper_line(cls, number, text, lines):
        letters = re.sub(r"[-\s]", "", text).upper().translate(str.maketrans("OIL", "011"))
        if strange := [letter for letter in letters if letter not in cls.LETTERS]:
            return f"holds {strange[0]!r}, which no paper key does"
        if len(letters) != 12:
            return f"has {len(letters)} letters and digits where 12 belong"
        bits = 0
        for letter in letters[:8]:
            bits = bits << 5 | cls.LETTERS.index(letter)
        part = bits.to_bytes(5, "big")
        check = int.from_bytes(sha256(b"vmproxy/paper-key/v1" + bytes([number]) + part)[:3], "big") >> 4
        if letters[8:] != "".join(cls.LETTERS[check >> shift & 31] for shift in (15, 10, 5, 0)):
            return "has a typing error"
        lines[number] = part
        return None

    def wrapping_key(self, slot):
        if self.kind == 2:
            return hkdf(self.value, slot[124:140], "vmproxy/key-file/v1")
        if self.kind == 3:
            return hkdf(self.value, slot[124:140], "vmproxy/paper-key/v1")
        from argon2.exceptions import HashingError
        from argon2.low_level import Type, hash_secret_raw
        memory, passes, lanes = u32(slot, 40), u32(slot, 44), u32(slot, 48)
        need(possible_cost(slot), "key slot", "asks for an impossible cost")
        try:
            return hash_secret_raw(self.value, slot[124:140], passes, memory, lanes, 32, Type.ID, 0x13)
        except (HashingError, MemoryError) as error:
            raise Damage(f"key slot: the passphrase cannot be derived at its cost ({error})") from None


def possible_cost(slot):
    memory, passes, lanes = u32(slot, 40), u32(slot, 44), u32(slot, 48)
    return u16(slot, 6) != 1 or (8 * lanes <= memory <= 4 << 20 and 0 < passes <= 1024 and 0 < lanes <= 256)


class Keys:
    """Section 4: from a secret over a slot and the ring to the working keys."""

    def __init__(self, store, header, secret):
        rings, slots, damaged = self.rings(store, header), [], []
        if not rings:
            raise Damage("keys/rings/: the key ring is missing or damaged, without which nothing can be read")
        highest = max(u64(ring, 24) for _, ring in rings)
        head = [(name, ring) for name, ring in rings if u64(ring, 24) == highest]
        for name in store.objects("keys/slots/"):
            slot = store.read(name)
            if len(slot) != 232 or slot[:4] != b"VMPS" or sha256(slot[:200]) != slot[200:] or not possible_cost(slot):
                damaged.append(name)
            elif u16(slot, 4) == 1 and slot[8:24] == header.id and slot[24:40] == head[0][1][8:24]:
                slots.append((name, slot))
        for name, slot in slots:
            master = self.unwrap(name, slot, secret)
            if master and self.open_ring(head, master, bytes.fromhex(name.rsplit("/", 1)[1])):
                break
        else:
            note = f"; {len(damaged)} slots are damaged ({', '.join(damaged)}), which may be the ones" if damaged else ""
            raise (Damage if damaged else Failure)(f"the {secret.what if secret else 'open key'} opens none of the {len(slots)} key slots{note}")
        self.header = self.fixed(header, "header")
        self.chunk_id = self.fixed(header, "chunk-id")
        self.metadata_id = self.fixed(header, "metadata-id")
        self.index = self.fixed(header, "index")
        self.point_name = self.fixed(header, "point-name")

    def fixed(self, header, purpose):
        return hkdf(self.id_secret, header.id, f"vmproxy/{purpose}/v1")

    def of_epoch(self, epoch, salt, purpose, name):
        need(epoch in self.epochs, name, f"names key epoch {epoch}, which the key ring lacks")
        return hkdf(self.epochs[epoch], salt, f"vmproxy/{purpose}/v1")

    @staticmethod
    def rings(store, header):
        found = []
        for name in store.objects("keys/rings/"):
            ring = store.read(name)
            if len(ring) < 136 or ring[:4] != b"VMPR" or sha256(ring[:-32]) != ring[-32:] or u16(ring, 4) != 1:
                print(f"damaged: {name}", file=sys.stderr)
                continue
            copies = [sha256(b"vmproxy/ring-name/v1" + header.id + ring[24:32] + bytes([copy]))[:16].hex() for copy in (0, 1)]
            if name.rsplit("/", 1)[1] in copies:
                found.append((name, ring))
        return found

    @staticmethod
    def unwrap(name, slot, secret):
        if u16(slot, 6) != (secret.kind if secret else 0):
            return None
        if not secret:
            return slot[152:184]
        try:
            return open_gcm(secret.wrapping_key(slot), slot[140:152], slot[152:184], slot[184:200], slot[:152], name, "")
        except Damage:
            return None

    def open_ring(self, copies, master, slot):
        problem = None
        for name, ring in copies:
            try:
                n = u32(ring, 44)
                need(len(ring) == n + 96, name, "the key ring has an impossible length")
                key = hkdf(master, ring[8:24], "vmproxy/ring/v1")
                payload = open_gcm(key, ring[32:44], ring[48:48 + n], ring[48 + n:64 + n], ring[:48], name, "the key ring is not sealed with the master key")
                break
            except Damage as error:
                problem = error
        else:
            raise problem
        self.id_secret, epochs = payload[:32], u32(payload, 32)
        self.epochs = {u32(payload, at): payload[at + 4:at + 36] for at in range(36, 36 + 36 * epochs, 36)}
        at = 36 + 36 * epochs
        need(len(payload) == at + 4 + 16 * u32(payload, at), name, "the key ring has an impossible content")
        return slot in [payload[i:i + 16] for i in range(at + 4, len(payload), 16)]
