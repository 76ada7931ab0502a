"""Failures, integers, hashes, seals: what every part of the format uses (docs/FORMAT.md, conventions and section 4.4)."""
import hashlib
import hmac
import struct

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


MAX_PLAIN = 64 << 20  # of a frame or a point


class Failure(Exception):
    """Something that its reader has to act on; the message says what."""


class Damage(Failure):
    """Stored bytes are missing or are not what was written."""


def need(holds, name, what):
    if not holds:
        raise Damage(f"{name}: {what}")


def u16(data, at): return struct.unpack_from("<H", data, at)[0]
def u32(data, at): return struct.unpack_from("<I", data, at)[0]
def u64(data, at): return struct.unpack_from("<Q", data, at)[0]
def sha256(data): return hashlib.sha256(data).digest()
def mac(key, data): return hmac.new(key, data, hashlib.sha256).digest()


def hkdf(secret, salt, info):
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info.encode()).derive(secret)


def open_gcm(key, nonce, payload, tag, associated, name, what):
    try:
        return AESGCM(key).decrypt(nonce, bytes(payload) + bytes(tag), bytes(associated))
    except InvalidTag:
        raise Damage(f"{name}: {what}") from None


def unseal(seal, key, ordinal, associated, payload, tag, name):
    """Section 4.4."""
    if seal == 1:
        return open_gcm(key, struct.pack("<I", ordinal) + bytes(8), payload, tag, associated, name, "it is not what was written")
    need(sha256(bytes(associated) + payload)[:16] == tag, name, "it is not what was written")
    return payload


def decompress(kind, payload, length, name):
    need(kind in (0, 1), name, "a compression that this reader does not know")
    need(length <= MAX_PLAIN, name, "its header gives an impossible length")
    if kind == 1:
        try:
            # A frame that embeds its size is unpacked to that size, whatever the limit of the call says.
            embedded = zstandard.get_frame_parameters(payload).content_size
            need(embedded in (length, zstandard.CONTENTSIZE_UNKNOWN), name, "it would decompress to another length than its header says")
            payload = zstandard.ZstdDecompressor().decompress(payload, max_output_size=length)
        except zstandard.ZstdError as error:
            raise Damage(f"{name}: it does not decompress ({error})") from None
    need(len(payload) == length, name, "it has another length than its header says")
    return payload
