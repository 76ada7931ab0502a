using System.Diagnostics;
using VmProxy.Repository.Maps;
using VmProxy.Testing;

namespace VmProxy.Repository.Tests.Checking;

/// <summary>
/// Five hundred bytes of a large store change at once: a check names every one of them, and what it does not name restores byte for byte.
/// </summary>
[NonParallelizable]
public sealed class ManyFlippedBytesTests
{
    const int Flips = 500;
    const int ChunkSize = 64 << 10;
    const int Seed = 20261123;

    // A frame a chunk: what is lost stays small, so that there is a rest to restore.
    static readonly Tuning Scattered = Tuning.Default with { FrameBytes = ChunkSize };

    [TestCase(64)]
    [TestCase(1024, Category = "Slow")]
    public async Task All_flipped_bytes_are_named_and_the_rest_restores(int mebibytes)
    {
        using var folder = new TempFolder();
        var store = new LocalObjectStore(folder["store"]);
        var content = new byte[mebibytes << 20];
        new Random(Seed).NextBytes(content);
        RestorePoint point;
        await using (var repository = await TestRepository.CreateAsync(store, tuning: Scattered))
        {
            (point, _) = await TestRepository.WriteAsync(repository, content, step: 1 << 20, chunkSize: ChunkSize);
        }

        var flips = Flip(folder["store"], new Random(Seed));
        await using var broken = await TestRepository.OpenAsync(store, tuning: Tuning.Default);
        var clock = Stopwatch.StartNew();
        var report = await broken.CheckAsync(new CheckOptions { ReadData = true }, null, default);
        TestContext.Out.WriteLine(
            $"{report.BytesRead >> 20} MiB read and proved in {clock.Elapsed.TotalSeconds:F1} s ({(report.BytesRead >> 20) / clock.Elapsed.TotalSeconds:F0} MiB/s), {report.Findings.Count} findings, load {File.ReadAllText("/proc/loadavg").Trim()}");
        var missed = flips.Where(flip => !report.Findings.Any(finding =>
            finding.Object == flip.Name && finding.Offset <= flip.Position && flip.Position < finding.Offset + finding.Length)).ToArray();
        Assert.That(missed, Is.Empty);

        var lost = DiskRanges.Merge(report.Findings.SelectMany(finding => finding.Uses).SelectMany(use => use.Ranges));
        Assert.That(lost, Is.Not.Empty);
        await ExpectTheRestAsync(broken, point, content, lost);
    }

    static async Task ExpectTheRestAsync(BackupRepository repository, RestorePoint point, byte[] content, IReadOnlyList<DiskRange> lost)
    {
        await using var device = await repository.OpenDiskAsync(point, TestRepository.DiskKey, default);
        var buffer = new byte[ChunkSize];
        for (var position = 0L; position < content.Length; position += ChunkSize)
        {
            var at = position;
            if (lost.Any(range => range.Offset <= at && at < range.Offset + range.Length))
            {
                var error = Assert.ThrowsAsync<RepositoryException>(async () => await device.ReadAsync(at, buffer, default));
                Assert.That(error.Code, Is.EqualTo(RepositoryErrorCodes.Damaged));
            }
            else
            {
                await device.ReadAsync(position, buffer, default);
                Assert.That(buffer.AsSpan().SequenceEqual(content.AsSpan((int)position, ChunkSize)), Is.True, $"byte {position}");
            }
        }
    }

    /// <summary>Changes bytes of the store, each as likely as the next; not of the header and the keys, without which nothing opens.</summary>
    static List<(string Name, long Position)> Flip(string folder, Random random)
    {
        var files = new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories)
            .Select(file => (Name: Path.GetRelativePath(folder, file.FullName), file.Length))
            .Where(file => file.Name.StartsWith("data/", StringComparison.Ordinal) || file.Name.StartsWith("meta/", StringComparison.Ordinal)
                || file.Name.StartsWith("index/", StringComparison.Ordinal))
            .OrderBy(file => file.Name, StringComparer.Ordinal).ToArray();
        var total = files.Sum(file => file.Length);
        var flips = new HashSet<(string, long)>();
        while (flips.Count < Flips)
        {
            var position = random.NextInt64(total);
            foreach (var file in files)
            {
                if (position < file.Length)
                {
                    flips.Add((file.Name, position));
                    break;
                }

                position -= file.Length;
            }
        }

        foreach (var (name, position) in flips)
        {
            using var file = File.OpenHandle(Path.Combine(folder, name), FileMode.Open, FileAccess.ReadWrite);
            var value = new byte[1];
            RandomAccess.Read(file, value, position);
            value[0] ^= (byte)(1 << random.Next(8));
            RandomAccess.Write(file, value, position);
        }

        return [.. flips];
    }
}
