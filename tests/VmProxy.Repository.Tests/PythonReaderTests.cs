using VmProxy.Testing;

namespace VmProxy.Repository.Tests;

/// <summary>The independent reader gives back what was written, and says clearly why where it cannot.</summary>
public sealed class PythonReaderTests
{
    TempFolder _folder = null!;

    string Store => _folder["store"];

    [SetUp]
    public void MakeFolder()
    {
        _folder = new TempFolder();
        File.WriteAllText(_folder["passphrase"], TestRepository.Passphrase + "\n");
    }

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [TestCase(true, 512)]
    [TestCase(false, 4096)]
    [TestCase(true, 65536)]
    public async Task It_restores_every_disk_of_every_point(bool encrypted, int chunkSize)
    {
        await using var repository = await TestRepository.CreateAsync(new LocalObjectStore(Store), encrypted ? TestRepository.Passphrase : null);

        // More than one level of pages at 512 bytes a chunk, and a last chunk that is short.
        var first = new byte[(3 << 20) + 100];
        TestRepository.Content(1, 1 << 20, chunkSize).CopyTo(first, 0);
        TestRepository.Content(2, 500_000, chunkSize).CopyTo(first, (2 << 20) + 7);
        var second = (byte[])first.Clone();
        second.AsSpan(5 * chunkSize, chunkSize).Fill(9);
        second.AsSpan(2 << 20, chunkSize).Clear();
        var other = TestRepository.Content(3, 300_001, chunkSize);

        var full = await WriteAsync(repository, first, other, null, [(0, first.Length)], chunkSize);
        var next = await WriteAsync(repository, second, other, full, [(5 * chunkSize, chunkSize), (2 << 20, chunkSize)], chunkSize);
        string[] key = encrypted ? ["--passphrase-file", _folder["passphrase"]] : [];
        foreach (string[] options in new string[][] { key, [.. key, "--no-index"] })
        {
            var folder = await PythonReader.EverythingAsync(Store, _folder[$"out{options.Length}"], options);
            foreach (var (point, disk) in new[] { (full, first), (next, second) })
            {
                Assert.That(await File.ReadAllBytesAsync($"{folder}/{point.Id}/2000.raw"), Is.EqualTo(disk), $"{point.Id}, {string.Join(' ', options)}");
                Assert.That(await File.ReadAllBytesAsync($"{folder}/{point.Id}/2001.raw"), Is.EqualTo(other));
                Assert.That(await File.ReadAllTextAsync($"{folder}/{point.Id}/0-web01.vmx"), Is.EqualTo("numvcpus = 2"));
            }
        }
    }

    [Test]
    public async Task It_opens_with_every_kind_of_key_and_after_rotation_and_renewal()
    {
        var content = TestRepository.Content(1, 20_000);
        await using (var repository = await TestRepository.CreateAsync(new LocalObjectStore(Store)))
        {
            await TestRepository.WriteAsync(repository, content);
            await File.WriteAllTextAsync(_folder["key"], "4Qx7mZ1rT0aYk8Lw3Vb6Nc9Jd2Hf5Sg+EpUo/IiRsXq=\n");
            await repository.KeyAdministration.AddAsync(
                RepositoryKey.FromKeyFile(await File.ReadAllBytesAsync(_folder["key"])), "file", TestRepository.Options.PassphraseCost, default);
            var sheet = await repository.KeyAdministration.AddPaperKeyAsync("paper", default);
            await File.WriteAllTextAsync(_folder["paper"], "A sheet.\n" + string.Join('\n', sheet.Lines).ToLowerInvariant() + "\nKeep it safe: 2 places.\n");
            await repository.KeyAdministration.RotateAsync(default);
            await TestRepository.WriteAsync(repository, content);
        }

        foreach (string[] key in new string[][] { ["--passphrase-file", _folder["passphrase"]], ["--key-file", _folder["key"]], ["--paper-key", _folder["paper"]] })
        {
            var folder = await PythonReader.EverythingAsync(Store, _folder[key[0]], key);
            Assert.That(Directory.GetFiles(folder, "2000.raw", SearchOption.AllDirectories).Select(File.ReadAllBytes), Is.EqualTo(new[] { content, content }));
        }
    }

    [Test]
    public async Task It_lists_the_points_that_count_and_no_others([Values] bool encrypted)
    {
        await using var repository = await TestRepository.CreateAsync(new LocalObjectStore(Store), encrypted ? TestRepository.Passphrase : null);
        var points = new List<RestorePoint>();
        for (var number = 0; number < 5; number++)
        {
            points.Add((await TestRepository.WriteAsync(repository, TestRepository.Content(number, 1024))).Point);
        }

        var (kept, deleted, held, closed, isVoid) = (points[0], points[1], points[2], points[3], points[4]);
        await repository.DeletePointAsync(deleted.Id, default);
        await repository.HoldPointAsync(held.Id, "court", default);

        // A prune that takes two writers for dead, and has seen the point of one of them.
        await repository.Sessions.BeginClosingAsync(closed.Session!, default);
        await repository.Sessions.DecideAsync(closed.Session!, [repository.Keys.PointName(closed.Id).ToString()], default);
        await repository.Sessions.BeginClosingAsync(isVoid.Session!, default);
        string[] key = encrypted ? ["--passphrase-file", _folder["passphrase"]] : [];
        for (var turn = 0; turn < 2; turn++)
        {
            // Undecided first, then void.
            var listed = await PythonReader.PointsAsync(Store, key);
            string[] expected = turn == 0 ? [kept.Id, held.Id, closed.Id, isVoid.Id] : [kept.Id, held.Id, closed.Id];
            Assert.That(listed.EnumerateArray().Select(point => point.GetProperty("id").GetString()), Is.EquivalentTo(expected));
            Assert.That((await repository.ListPointsAsync(default)).Select(point => point.Id), Is.EquivalentTo(expected));
            await repository.Sessions.DecideAsync(isVoid.Session!, [], default);
        }
    }

    [Test]
    public async Task It_says_why_it_cannot()
    {
        string[] key = ["--passphrase-file", _folder["passphrase"]];
        await using (var repository = await TestRepository.CreateAsync(new LocalObjectStore(Store)))
        {
            var content = new byte[100_000];
            new Random(1).NextBytes(content);
            await TestRepository.WriteAsync(repository, content);
        }

        await File.WriteAllTextAsync(_folder["wrong"], "wrong");
        await File.WriteAllTextAsync(_folder["short"], "1: ABCD-EFGH-JKM\n");
        await ExpectAsync("is encrypted", Store, "points");
        await ExpectAsync("the passphrase opens none of the 1 key slots", Store, "--passphrase-file", _folder["wrong"], "points");
        await ExpectAsync("line 1 has 11 letters and digits where 12 belong; line 2 is missing", Store, "--paper-key", _folder["short"], "points");
        await ExpectAsync("holds no repository", [_folder.Path, .. key, "points"]);
        await ExpectAsync("0 points begin with 'x'", [Store, .. key, "disk", "x", "2000", "--to", _folder["x"]]);

        var pack = Directory.GetFiles(Path.Combine(Store, "data"), "*", SearchOption.AllDirectories)[0];
        var bytes = await File.ReadAllBytesAsync(pack);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(pack, bytes);
        await ExpectAsync(Path.GetFileName(pack), [Store, .. key, "disk", "2", "2000", "--to", _folder["damaged"]]);
        var (_, _, errors) = await PythonReader.RunAsync([Store, .. key, "disk", "2", "2000", "--keep-going", "--to", _folder["kept"]]);
        Assert.That(errors, Does.Contain("damaged: bytes ").And.Contain(Path.GetFileName(pack)));
        Assert.That(new FileInfo(_folder["kept"]).Length, Is.EqualTo(100_000));
    }

    static async Task ExpectAsync(string words, params string[] arguments)
    {
        var (code, output, errors) = await PythonReader.RunAsync(arguments);
        Assert.That((code, output), Is.EqualTo((1, "")), errors);
        Assert.That(errors, Does.StartWith("read_repository: ").And.Contain(words).And.Not.Contain("Traceback"));
    }

    static async Task<RestorePoint> WriteAsync(
        BackupRepository repository, byte[] disk, byte[] other, RestorePoint? before, (int Offset, int Length)[] areas, int chunkSize)
    {
        await using var session = await repository.BeginSessionAsync(default);
        using var writer = session.OpenDiskWriter(new DiskWriterOptions { Length = disk.Length, ChunkSize = chunkSize, Base = before?.Disks[0].Map });
        using var second = session.OpenDiskWriter(new DiskWriterOptions { Length = other.Length, ChunkSize = chunkSize });
        foreach (var (offset, length) in areas)
        {
            await writer.StoreAsync(offset, disk.AsMemory(offset, length), default);
        }

        await second.StoreAsync(0, other, default);
        var manifest = TestRepository.Manifest(await writer.CompleteAsync(default));
        var map = await second.CompleteAsync(default);
        return await session.CommitAsync(
            manifest with
            {
                Disks = [.. manifest.Disks, new PointDisk { Key = 2001, Label = "Hard disk 2", CapacityBytes = map.Length, Map = map }],
                Blobs = [await session.StoreBlobAsync("web01.vmx", "numvcpus = 2"u8.ToArray(), default)],
            },
            default);
    }
}
