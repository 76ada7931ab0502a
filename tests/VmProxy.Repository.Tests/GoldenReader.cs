using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Konscious.Security.Cryptography;
using ZstdSharp;

namespace VmProxy.Repository.Tests;

/// <summary>
/// A second reader, written from docs/FORMAT.md and sharing no code with the first. It finds chunks by the trailers of packs, so it needs no
/// index; segments are compared with what it found.
/// </summary>
sealed class GoldenReader
{
    readonly IReadOnlyDictionary<string, byte[]> _objects;
    readonly Dictionary<string, (byte[] Plain, byte Kind, string Pack, uint Offset, uint Length)> _chunks = [];
    readonly Dictionary<uint, byte[]> _epochs = [];
    readonly byte[] _repositoryId;
    readonly byte[] _idSecret;
    readonly byte _seal;

    public GoldenReader(IReadOnlyDictionary<string, byte[]> objects, string? passphrase)
    {
        _objects = objects;
        var header = objects["vmproxy-repository"];
        Expect(header.Length == 128 && Text(header, 0, 4) == "VMPC" && U16(header, 4) == 1);
        Expect(SHA256.HashData(header.AsSpan(0, 96)).AsSpan().SequenceEqual(header.AsSpan(96)));
        Expect(header[48] == 1 && header[50] == 9 && header[51] == 22);
        _repositoryId = header[8..24];
        _seal = header[49];
        DefaultChunkSize = 1 << header[52];

        var slot = Under("keys/slots/").Select(pair => pair.Value).Single(bytes => bytes.AsSpan(8, 16).SequenceEqual(_repositoryId));
        Expect(slot.Length == 232 && Text(slot, 0, 4) == "VMPS" && U16(slot, 6) == (passphrase is null ? 0 : 1));
        var master = passphrase is null ? slot[152..184] : Unwrap(slot, passphrase);
        var ring = Under("keys/rings/").Select(pair => pair.Value).First(bytes => bytes.AsSpan(8, 16).SequenceEqual(slot.AsSpan(24, 16)));
        var n = (int)U32(ring, 44);
        var payload = Gcm(Hkdf(master, ring[8..24], "vmproxy/ring/v1"), ring[32..44], ring[48..(48 + n)], ring[(48 + n)..(64 + n)], ring[..48]);
        _idSecret = payload[..32];
        for (var i = 0; i < U32(payload, 32); i++)
        {
            _epochs[U32(payload, 36 + (36 * i))] = payload[(40 + (36 * i))..(72 + (36 * i))];
        }

        Expect(HMACSHA256.HashData(Hkdf(_idSecret, _repositoryId, "vmproxy/header/v1"), header.AsSpan(0, 64)).AsSpan().SequenceEqual(header.AsSpan(64, 32)));
        foreach (var (name, pack) in Under("data/").Concat(Under("meta/")))
        {
            ReadPack(name, pack);
        }
    }

    public int DefaultChunkSize { get; }

    public int Frames { get; private set; }

    public int PatchPages { get; private set; }

    public int Chunks => _chunks.Count;

    public Dictionary<string, JsonElement> Points()
    {
        var points = new Dictionary<string, JsonElement>();
        foreach (var (name, bytes) in Under("points/"))
        {
            Expect(Text(bytes, 0, 4) == "VMPO" && U16(bytes, 4) == 1 && bytes[6] == _seal && Hex(bytes[8..24]) == name["points/".Length..]);
            var plain = Open(
                Hkdf(_epochs[U32(bytes, 40)], bytes[24..40], "vmproxy/point/v1"), 0, bytes[..48], bytes[48..^16], bytes[^16..]);
            plain = bytes[7] == 1 ? Decompress(plain, (int)U32(bytes, 44)) : plain;
            var json = JsonDocument.Parse(plain).RootElement;
            var id = json.GetProperty("id").GetString()!;
            var hash = HMACSHA256.HashData(Hkdf(_idSecret, _repositoryId, "vmproxy/point-name/v1"), Encoding.UTF8.GetBytes(id));
            Expect(Hex(hash[..16]) == name["points/".Length..]);
            points[id] = json;
        }

        return points;
    }

    public byte[] Disk(JsonElement map)
    {
        var disk = new byte[map.GetProperty("length").GetInt64()];
        if (map.TryGetProperty("root", out var root))
        {
            Fill(disk, map.GetProperty("chunkSize").GetInt32(), map.GetProperty("levels").GetInt32() - 1, root.GetString()!, 0);
        }

        return disk;
    }

    public byte[] Blob(JsonElement blob) =>
        [.. blob.GetProperty("chunks").EnumerateArray().SelectMany(id => _chunks[id.GetString()!].Plain)];

    /// <summary>Checks every byte of the segments and returns the ids that they hold.</summary>
    public HashSet<string> IndexedIds()
    {
        var ids = new HashSet<string>();
        var key = Hkdf(_idSecret, _repositoryId, "vmproxy/index/v1");
        foreach (var (name, bytes) in Under("index/"))
        {
            var footer = bytes.Length - 64;
            var (records, packs, lines) = ((int)U32(bytes, footer), (int)U32(bytes, footer + 4), (int)U32(bytes, footer + 12));
            Expect(Text(bytes, 0, 4) == "VMPI" && U16(bytes, 4) == 1 && "index/" + Hex(bytes[8..24]) == name);
            Expect(U32(bytes, footer + 8) == 0 && U32(bytes, footer + 16) == 1024 && U32(bytes, footer + 20) == 256);
            var filter = (64 + (48 * records) + 63) / 64 * 64;
            var packTable = filter + (64 * lines);
            var blockTable = packTable + (32 * packs);
            var filterTable = blockTable + (40 * ((records + 1023) / 1024));
            Expect(filterTable + (32 * ((lines + 255) / 256)) == footer);
            byte[] proved = [.. bytes[..64], .. bytes[(64 + (48 * records))..filter], .. bytes[packTable..^32]];
            Expect(HMACSHA256.HashData(key, proved).AsSpan().SequenceEqual(bytes.AsSpan(bytes.Length - 32)));
            for (var block = 0; 1024 * block < records; block++)
            {
                var content = bytes[(64 + (48 * 1024 * block))..(64 + (48 * Math.Min(records, 1024 * (block + 1))))];
                var entry = bytes[(blockTable + (40 * block))..(blockTable + (40 * block) + 40)];
                byte[] hashed = [.. bytes[8..24], .. BitConverter.GetBytes((uint)block), .. content];
                Expect(entry.AsSpan(0, 8).SequenceEqual(content.AsSpan(0, 8)) && HMACSHA256.HashData(key, hashed).AsSpan().SequenceEqual(entry.AsSpan(8)));
            }

            for (var block = 0; 256 * block < lines; block++)
            {
                var content = bytes[(filter + (64 * 256 * block))..(filter + (64 * Math.Min(lines, 256 * (block + 1))))];
                byte[] hashed = [.. bytes[8..24], .. BitConverter.GetBytes((1u << 31) + (uint)block), .. content];
                Expect(HMACSHA256.HashData(key, hashed).AsSpan().SequenceEqual(bytes.AsSpan(filterTable + (32 * block), 32)));
            }

            var last = "";
            for (var at = 64; at < 64 + (48 * records); at += 48)
            {
                var id = Hex(bytes[at..(at + 32)]);
                Expect(string.CompareOrdinal(last, id) < 0);
                last = id;
                var pack = bytes.AsSpan(packTable + (32 * (int)U32(bytes, at + 32)), 32).ToArray();
                var chunk = _chunks[id];
                Expect(chunk.Pack.EndsWith(Hex(pack[..16]), StringComparison.Ordinal) && pack[20] == chunk.Kind && pack[21] == _seal);
                Expect(_objects[chunk.Pack].Length == (int)BinaryPrimitives.ReadUInt64LittleEndian(pack.AsSpan(24)));
                ExpectInFilter(bytes.AsSpan(filter, 64 * lines), lines, bytes.AsSpan(at, 32));
                Expect(U32(bytes, at + 36) == chunk.Offset && U32(bytes, at + 40) == chunk.Length && U32(bytes, at + 44) == chunk.Plain.Length);
                ids.Add(id);
            }
        }

        return ids;
    }

    static void ExpectInFilter(ReadOnlySpan<byte> filter, int lines, ReadOnlySpan<byte> id)
    {
        var line = (int)(((UInt128)BinaryPrimitives.ReadUInt64BigEndian(id[16..]) * (ulong)lines) >> 64);
        var bits = BinaryPrimitives.ReadUInt64BigEndian(id[8..]);
        for (var word = 0; lines > 0 && word < 8; word++)
        {
            var content = BinaryPrimitives.ReadUInt64LittleEndian(filter[((64 * line) + (8 * word))..]);
            Expect(((content >> (int)((bits >> (6 * word)) & 63)) & 1) == 1);
        }
    }

    void Fill(byte[] disk, int chunkSize, int level, string pageId, long index)
    {
        var slots = Slots(level, pageId);
        var fan = level == 0 ? 1024 : 128;
        for (var slot = 0; slot < slots.Length; slot++)
        {
            var below = (index * fan) + slot;
            if (slots[slot].Trim('0').Length == 0)
            {
                continue;
            }

            if (level > 0)
            {
                Fill(disk, chunkSize, level - 1, slots[slot], below);
            }
            else
            {
                Expect(_chunks[slots[slot]].Kind == 1);
                _chunks[slots[slot]].Plain.CopyTo(disk, below * chunkSize);
            }
        }
    }

    string[] Slots(int level, string pageId)
    {
        var (page, kind, _, _, _) = _chunks[pageId];
        Expect(kind == 2 && page[1] == level);
        var count = U16(page, 2);
        if (page[0] == 1)
        {
            Expect(page.Length == 4 + (32 * count));
            return [.. Enumerable.Range(0, count).Select(i => Hex(page[(4 + (32 * i))..(36 + (32 * i))]))];
        }

        Expect(page[0] == 2 && count <= 256 && page.Length == 36 + (34 * count));
        PatchPages++;
        var full = Hex(page[4..36]);
        Expect(_chunks[full].Plain[0] == 1);
        var slots = Slots(level, full);
        for (var i = 0; i < count; i++)
        {
            slots[U16(page, 36 + (34 * i))] = Hex(page[(38 + (34 * i))..(70 + (34 * i))]);
        }

        return slots;
    }

    void ReadPack(string name, byte[] pack)
    {
        var header = pack[..32];
        Expect(Text(pack, 0, 4) == "VMPP" && U16(pack, 4) == 1 && pack[7] == _seal && Crc32.HashToUInt32(pack.AsSpan(0, 28)) == U32(pack, 28));
        var hex = Hex(pack[8..24]);
        Expect(name == (pack[6] == 1 ? $"data/{hex[..2]}/{hex}" : $"meta/{hex}"));
        var footer = pack.Length - 16;
        Expect(Text(pack, footer + 12, 4) == "VMPE" && Crc32.HashToUInt32(pack.AsSpan(0, footer + 8)) == U32(pack, footer + 8));
        var key = Hkdf(_epochs[U32(pack, 24)], pack[8..24], "vmproxy/pack/v1");
        var idKey = Hkdf(_idSecret, _repositoryId, pack[6] == 1 ? "vmproxy/chunk-id/v1" : "vmproxy/metadata-id/v1");
        var trailer = (int)U32(pack, footer);
        Expect(trailer + U32(pack, footer + 4) == footer && Text(pack, trailer, 4) == "VMPT");
        var t = (int)U32(pack, trailer + 8);
        var list = Open(
            key, uint.MaxValue, [.. header, .. pack[trailer..(trailer + 16)]], pack[(trailer + 16)..(trailer + 16 + t)], pack[(trailer + 16 + t)..footer]);

        var (frames, at, next) = (0, 0, 32);
        while (at < list.Length)
        {
            var offset = (int)U32(list, at);
            Expect(offset == next && Text(pack, offset, 4) == "VMPF");
            var n = U16(pack, offset + 8);
            Expect(pack.AsSpan(offset, 20 + (36 * n)).SequenceEqual(list.AsSpan(at + 4, 20 + (36 * n))));
            next = ReadFrame(name, pack, offset, n, key, idKey);
            at += 24 + (36 * n);
            frames++;
        }

        Expect(next == trailer && frames == U32(pack, trailer + 4));
        Frames += frames;
    }

    int ReadFrame(string name, byte[] pack, int offset, int n, byte[] key, byte[] idKey)
    {
        var h = 24 + (36 * n);
        var p = (int)U32(pack, offset + 16);
        Expect(Crc32.HashToUInt32(pack.AsSpan(offset, h - 4)) == U32(pack, offset + h - 4));
        var plain = Open(
            key, U32(pack, offset + 4), [.. pack[..32], .. pack[offset..(offset + h)]],
            pack[(offset + h)..(offset + h + p)], pack[(offset + h + p)..(offset + h + p + 16)]);
        plain = pack[offset + 10] == 1 ? Decompress(plain, (int)U32(pack, offset + 12)) : plain;
        Expect(plain.Length == U32(pack, offset + 12));
        var start = 0;
        for (var i = 0; i < n; i++)
        {
            var entry = offset + 20 + (36 * i);
            var length = (int)U32(pack, entry + 32);
            var chunk = plain[start..(start + length)];
            Expect(HMACSHA256.HashData(idKey, chunk).AsSpan().SequenceEqual(pack.AsSpan(entry, 32)));
            _chunks[Hex(pack[entry..(entry + 32)])] = (chunk, pack[6], name, (uint)offset, (uint)(h + p + 16));
            start += length;
        }

        return offset + h + p + 16;
    }

    byte[] Open(byte[] key, uint ordinal, byte[] associated, byte[] payload, byte[] tag)
    {
        if (_seal == 1)
        {
            return Gcm(key, [.. BitConverter.GetBytes(ordinal), 0, 0, 0, 0, 0, 0, 0, 0], payload, tag, associated);
        }

        Expect(SHA256.HashData([.. associated, .. payload]).AsSpan(0, 16).SequenceEqual(tag));
        return payload;
    }

    static byte[] Unwrap(byte[] slot, string passphrase)
    {
        using var argon = new Argon2id(Encoding.UTF8.GetBytes(passphrase))
        {
            Salt = slot[124..140], MemorySize = (int)U32(slot, 40), Iterations = (int)U32(slot, 44), DegreeOfParallelism = (int)U32(slot, 48),
        };
        return Gcm(argon.GetBytes(32), slot[140..152], slot[152..184], slot[184..200], slot[..152]);
    }

    static byte[] Gcm(byte[] key, byte[] nonce, byte[] payload, byte[] tag, byte[] associated)
    {
        var plain = new byte[payload.Length];
        using var cipher = new AesGcm(key, 16);
        cipher.Decrypt(nonce, payload, tag, plain, associated);
        return plain;
    }

    static byte[] Decompress(byte[] payload, int length)
    {
        using var zstd = new Decompressor();
        var plain = zstd.Unwrap(payload, length).ToArray();
        Expect(plain.Length == length);
        return plain;
    }

    IEnumerable<KeyValuePair<string, byte[]>> Under(string prefix) => _objects.Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal));

    static byte[] Hkdf(byte[] secret, byte[] salt, string info) => HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, 32, salt, Encoding.ASCII.GetBytes(info));

    static void Expect(bool holds, [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(holds))] string? what = null) =>
        Assert.That(holds, Is.True, what);

    static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    static string Text(byte[] bytes, int offset, int length) => Encoding.ASCII.GetString(bytes, offset, length);

    static ushort U16(byte[] bytes, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(offset));

    static uint U32(byte[] bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(offset));
}
