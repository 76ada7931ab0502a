using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using VmProxy.Testing;

namespace VmProxy.Repository.Tests;

/// <summary>What a golden repository must give back, and what opens it.</summary>
/// <param name="Passphrase">Null for one that is not encrypted.</param>
/// <param name="KeyFile">Content of a key file.</param>
/// <param name="PaperKey">The typed lines.</param>
/// <param name="Points">By point id: SHA-256 by file, which is KEY.raw for a disk and NUMBER-NAME for a blob.</param>
sealed record Golden(string? Passphrase, string? KeyFile, string? PaperKey, Dictionary<string, Dictionary<string, string>> Points)
{
    public static JsonSerializerOptions Json { get; } = new() { WriteIndented = true };
}

/// <summary>
/// Makes golden repositories from seeded images: two disks, a full and an incremental point, blobs, a deleted point, every kind of key and a rotation.
/// Golden/README.md says how one is committed; as a test it makes them for nothing, so that it works when it is needed.
/// </summary>
public sealed class GoldenMaker
{
    const int Version = 1;
    const int Chunk = 4096;
    const int FirstDisk = 2000;
    const int SecondDisk = 2001;

    // Not zeros and not compressible all of it, and enough for several packs, frames and segments of the small sizes that are used here.
    // A segment of 64 records or more has a filter.
    static readonly Tuning Sizes = TestRepository.Small with { PackBytes = 12 << 10 };

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_golden_repository_is_made_and_read_by_both_readers(bool encrypted)
    {
        using var folder = new TempFolder();
        var target = Path.Combine(
            Environment.GetEnvironmentVariable("VMPROXY_GOLDEN_TO") ?? folder.Path, $"v{Version}-{(encrypted ? "encrypted" : "open")}");
        if (Directory.Exists(target))
        {
            Assert.Fail($"{target} is there, and a golden repository is never changed.");
        }

        var golden = await MakeAsync(Path.Combine(target, "store"), encrypted);
        await File.WriteAllTextAsync(Path.Combine(target, "expected.json"), JsonSerializer.Serialize(golden, Golden.Json));
        Assert.That(Directory.GetFiles(target, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length), Is.InRange(32 << 10, 96 << 10));
        await GoldenTests.ExpectReadableAsync(target);
    }

    static async Task<Golden> MakeAsync(string folder, bool encrypted)
    {
        var golden = new Golden(
            encrypted ? "a golden passphrase" : null, encrypted ? Convert.ToBase64String(RandomNumberGenerator.GetBytes(48)) : null, null, []);
        await using var repository = await RepositoryOpening.InitializeAsync(
            new LocalObjectStore(folder), golden.Passphrase, TestRepository.Options with { DefaultChunkSize = Chunk }, TimeProvider.System, Sizes, default);

        // At 4 KiB a chunk the first disk has two leaves, of which most slots are zeros.
        var first = new byte[(5 << 20) + 1000];
        TestRepository.Content(41, 8 * Chunk, 512).CopyTo(first, 0);
        TestRepository.Content(42, 3 * Chunk, 512).CopyTo(first, 4 << 20);
        Encoding.ASCII.GetBytes("the end").CopyTo(first, first.Length - 7);
        var second = TestRepository.Content(43, 60_000, 512);
        var full = await WriteAsync(repository, golden, null, first, [(0, first.Length)], second, [(0, second.Length)]);
        if (encrypted)
        {
            var keys = repository.KeyAdministration;
            await keys.AddAsync(RepositoryKey.FromKeyFile(Encoding.ASCII.GetBytes(golden.KeyFile!)), "key file", TestRepository.Options.PassphraseCost, default);
            golden = golden with { PaperKey = string.Join('\n', (await keys.AddPaperKeyAsync("paper", default)).Lines) };
            await keys.RotateAsync(default);
        }

        // A patch page on the first disk; on the second the tail changes.
        TestRepository.Content(44, Chunk, 512).CopyTo(first, 2 * Chunk);
        first.AsSpan(4 << 20, Chunk).Clear();
        TestRepository.Content(45, 1024, 512).CopyTo(second, 4608);
        await WriteAsync(repository, golden, full, first, [(2 * Chunk, Chunk), (4 << 20, Chunk)], second, [(4608, second.Length - 4608)]);
        var deleted = await WriteAsync(repository, golden, full, first, [], second, []);
        await repository.DeletePointAsync(deleted.Id, default);
        golden.Points.Remove(deleted.Id);
        return golden;
    }

    static async Task<RestorePoint> WriteAsync(
        BackupRepository repository, Golden golden, RestorePoint? before,
        byte[] first, (int Offset, int Length)[] firstAreas, byte[] second, (int Offset, int Length)[] secondAreas)
    {
        await using var session = await repository.BeginSessionAsync(default);
        var vmx = Encoding.UTF8.GetBytes("displayName = \"golden\"\n");
        var disks = new List<PointDisk>();
        foreach (var (key, content, areas, chunk) in new[] { (FirstDisk, first, firstAreas, Chunk), (SecondDisk, second, secondAreas, 512) })
        {
            using var writer = session.OpenDiskWriter(new DiskWriterOptions
            {
                Length = content.Length, ChunkSize = chunk, Base = before?.Disks.Single(disk => disk.Key == key).Map,
            });
            foreach (var (offset, length) in areas)
            {
                await writer.StoreAsync(offset, content.AsMemory(offset, length), default);
            }

            disks.Add(new PointDisk
            {
                Key = key, Label = $"Hard disk {disks.Count + 1}", CapacityBytes = content.Length, Map = await writer.CompleteAsync(default),
            });
        }

        var point = await session.CommitAsync(
            TestRepository.Manifest(disks[0].Map, "golden") with
            {
                Disks = disks,
                Blobs = [await session.StoreBlobAsync("golden.vmx", vmx, default)],
                Level = before is null ? "full" : "incremental",
            },
            default);
        golden.Points[point.Id] = new Dictionary<string, string>
        {
            [$"{FirstDisk}.raw"] = Hash(first), [$"{SecondDisk}.raw"] = Hash(second), ["0-golden.vmx"] = Hash(vmx),
        };
        return point;
    }

    static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
