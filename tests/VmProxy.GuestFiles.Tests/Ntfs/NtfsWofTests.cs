using VmProxy.GuestFiles.Tests.Judging;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Ntfs;

/// <summary>
/// Files compressed by WOF. wimlib compresses: a resource of a WIM archive has the form of the stream WofCompressedData, a table of chunks and the chunks.
/// </summary>
sealed class NtfsWofTests
{
    const string Script = """
        import hashlib, subprocess, tempfile
        method, size, algorithm, program = sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]

        text = b"".join(b"line %d of a text that repeats itself\n" % (i * i % 977) for i in range(20000))
        calls = b"".join(b"\x55\x8b\xec\xe8" + struct.pack("<i", (5000 - i * 37 % 9000)) + bytes([i % 11, 0x90, 0xe8]) + struct.pack("<i", i) for i in range(9000))
        files = {
            "text": text, "calls": calls, "noise": noise(100_000), "mixed": text[:40_000] + noise(40_000) + calls[:40_001], "zeros": bytes(200_000),
            "skewed": bytes(min(255, int(random.expovariate(0.05))) for _ in range(150_000)), "short": text[:3000], "a chunk": text[:size],
            "long matches": (noise(700) * 300)[:180_000], "program": open(sys.executable, "rb").read()[:2_000_000],
        }

        def reshdr(archive, at):
            stored = int.from_bytes(archive[at:at + 7], "little")
            offset, original = struct.unpack_from("<QQ", archive, at + 8)
            return stored, archive[at + 7], offset, original

        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(folder + "/tree")
            for name, data in files.items():
                with open(folder + "/tree/" + name, "wb") as file:
                    file.write(data)
            subprocess.run([program, "capture", folder + "/tree", folder + "/a.wim", "--no-acls", "--threads=1", "--compress=" + method, f"--chunk-size={size}"],
                           check=True, stdout=subprocess.DEVNULL)
            archive = open(folder + "/a.wim", "rb").read()

        stored, _, table, _ = reshdr(archive, 48)
        resources = {archive[at + 30:at + 50]: reshdr(archive, at) for at in range(table, table + stored, 50)}
        compressed = 0
        for name, data in files.items():
            length, flags, offset, original = resources[hashlib.sha1(data).digest()]
            assert original == len(data)
            if not flags & 4:
                continue
            compressed += 1
            full = path(name)
            with open(full, "wb") as file:
                file.truncate(original)
            with open(full + ":WofCompressedData", "wb") as file:
                file.write(archive[offset:offset + length])
            os.setxattr(full, "system.ntfs_reparse_data", struct.pack("<IHHIIII", 0x80000017, 16, 0, 1, 2, 1, algorithm))
            write("sums/" + name, hashlib.sha256(data).hexdigest().encode())
        assert compressed >= 8, compressed
        """;

    [TestCase("XPRESS", 4096, 0)]
    [TestCase("XPRESS", 8192, 2)]
    [TestCase("XPRESS", 16384, 3)]
    [TestCase("LZX", 32768, 1)]
    public async Task What_wimlib_compressed_is_decompressed(string method, int chunkSize, int algorithm)
    {
        using var image = await CreateAsync(method, chunkSize, algorithm);
        await using var opened = await image.OpenAsync();
        var names = new List<string>();
        await foreach (var sum in opened.FileSystem.ListAsync(await opened.FindAsync("sums"), new GuestProblems(), CancellationToken.None))
        {
            names.Add(sum.Name);
            var entry = await opened.FindAsync(sum.Name);
            Assert.That(entry, Has.Property("Kind").EqualTo(GuestEntryKind.File).And.Property("Problem").Null);
            await using var content = await opened.FileSystem.OpenAsync(entry, CancellationToken.None);
            Assert.That(content.Length, Is.EqualTo(entry.Size));
            var expected = System.Text.Encoding.ASCII.GetString(await opened.ReadAsync("sums/" + sum.Name));
            Assert.That(await ReaderFacts.HashAsync(content), Is.EqualTo(expected), sum.Name);
            Assert.That(await opened.FileSystem.ListStreamsAsync(entry, CancellationToken.None), Is.Empty);

            var all = await OpenedNtfs.ReadAllAsync(content);
            var part = new byte[Math.Min(5000, all.Length / 2)];
            await content.ReadAsync(all.Length / 3, part, CancellationToken.None);
            Assert.That(part, Is.EqualTo(all[(all.Length / 3)..][..part.Length]), sum.Name);
        }

        Assert.That(names, Has.Count.GreaterThanOrEqualTo(8));
    }

    [TestCase("XPRESS", 4096, 0)]
    [TestCase("LZX", 32768, 1)]
    public async Task Damaged_chunks_end_in_errors_or_wrong_bytes_and_nothing_else(string method, int chunkSize, int algorithm)
    {
        using var image = await CreateAsync(method, chunkSize, algorithm);
        await using var opened = await image.OpenAsync();
        var text = await opened.FindAsync("text");
        await using var stream = await opened.FileSystem.OpenStreamAsync(text, WofContent.StreamName, CancellationToken.None);
        var sound = await OpenedNtfs.ReadAllAsync(stream);
        var errors = 0;
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            var mutant = (byte[])sound.Clone();
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                mutant[random.Next(mutant.Length)] ^= (byte)random.Next(1, 256);
            }

            if (seed % 4 == 0)
            {
                random.NextBytes(mutant.AsSpan(random.Next(mutant.Length / 2)));
            }

            await using var content = WofContent.Open(new MemoryBlockDevice(mutant), text.Size, (WofAlgorithm)algorithm, "the mutant");
            for (long at = 0; at < content.Length; at += chunkSize)
            {
                try
                {
                    await content.ReadAsync(at, new byte[(int)Math.Min(chunkSize, content.Length - at)], CancellationToken.None);
                }
                catch (GuestFileException exception)
                {
                    Assert.That(exception.Message, Does.Contain("chunk").And.Contain("the mutant"));
                    errors++;
                }
            }
        }

        Assert.That(errors, Is.Positive);
    }

    static async Task<NtfsImage> CreateAsync(string method, int chunkSize, int algorithm)
    {
        var program = Tool.Require("wimlib-imagex", "wimtools");
        var image = await NtfsImage.CreateAsync("", length: 32 << 20);
        await image.ChangeAsync(Script, "windows", [method, $"{chunkSize}", $"{algorithm}", program]);
        return image;
    }
}
