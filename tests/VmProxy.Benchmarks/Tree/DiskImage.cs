using System.Globalization;
using System.Text;
using VmProxy.Benchmarks.Running;

namespace VmProxy.Benchmarks.Tree;

/// <summary>
/// The disks of the benchmark: an ext4 file system that holds the synthetic tree, and the same disk after some of its blocks changed. They follow from
/// the seed byte by byte, are made once and kept.
/// </summary>
sealed class DiskImage
{
    /// <summary>Changes come in blocks of this many bytes, as changed block tracking reports them.</summary>
    public const int ChangeSize = 65536;

    const ulong Seed = 20261122;
    const int Version = 1;
    const string Identity = "7d1f8a52-6c3e-4b90-9e14-5a0b2c8d3f67";
    const double Fill = 0.64;
    const double Changed = 0.01;

    DiskImage(string first, string second, long length, IReadOnlyList<long> changes) =>
        (First, Second, Length, Changes) = (first, second, length, changes);

    /// <summary>Path of the disk.</summary>
    public string First { get; }

    /// <summary>Path of the disk after the changes.</summary>
    public string Second { get; }

    public long Length { get; }

    /// <summary>Offsets of the blocks that differ.</summary>
    public IReadOnlyList<long> Changes { get; }

    /// <summary>Makes the disks of a size unless they are there.</summary>
    public static async Task<DiskImage> PrepareAsync(string cache, long length, Action<string> say, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(cache, string.Create(CultureInfo.InvariantCulture, $"disk-v{Version}-{length >> 20}"));
        var (first, second) = (Path.Combine(folder, "first.img"), Path.Combine(folder, "second.img"));
        var changes = PickChanges(length);
        if (!File.Exists(second))
        {
            Directory.CreateDirectory(folder);
            say($"Making a disk of {length >> 20} MiB in {folder} (once)");
            await MakeAsync(folder, first, length, cancellationToken);
            await ChangeAsync(first, second + ".part", changes, cancellationToken);
            File.Move(second + ".part", second);
        }

        return new DiskImage(first, second, length, changes);
    }

    static async Task MakeAsync(string folder, string image, long length, CancellationToken cancellationToken)
    {
        var tree = Path.Combine(folder, "tree");
        if (Directory.Exists(tree))
        {
            Directory.Delete(tree, recursive: true);
        }

        var files = SyntheticTree.Plan(Seed, (long)(length * Fill));
        SyntheticTree.Write(tree, Seed, files);
        var sparse = image + ".sparse";
        await using (var file = new FileStream(sparse, FileMode.Create))
        {
            file.SetLength(length);
        }

        var environment = new Dictionary<string, string>
        {
            ["E2FSPROGS_FAKE_TIME"] = "1700000000",
            ["PATH"] = Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin:/sbin",
        };
        var runner = new Runner(folder);
        await runner.RunAsync(
            "mke2fs", ["-q", "-F", "-t", "ext4", "-b", "4096", "-U", Identity, "-E", $"hash_seed={Identity},root_owner=0:0", "-d", tree, sparse],
            environment, cancellationToken);
        Directory.Delete(tree, recursive: true);
        await SetTimesAsync(folder, sparse, runner, environment, cancellationToken);

        // Written in full: a program that knew where the file's holes are would not have to read them, and a LUN tells nobody.
        await runner.RunAsync("cp", ["--sparse=never", sparse, image], environment, cancellationToken);
        File.Delete(sparse);
    }

    // mke2fs takes over when a file was last changed and by whom, which nobody can choose.
    static async Task SetTimesAsync(
        string folder, string image, Runner runner, Dictionary<string, string> environment, CancellationToken cancellationToken)
    {
        var head = new byte[1024];
        using (var file = File.OpenHandle(image))
        {
            RandomAccess.Read(file, head, 1024);
        }

        var inodes = BitConverter.ToUInt32(head, 0) - BitConverter.ToUInt32(head, 16);
        var script = new StringBuilder();
        for (var inode = 2; inode <= inodes; inode = inode == 2 ? 11 : inode + 1)
        {
            foreach (var field in (string[])["ctime @1700000000", "ctime_extra 0", "mtime @1700000000", "mtime_extra 0", "atime @1700000000", "atime_extra 0", "uid 0", "gid 0"])
            {
                script.Append(CultureInfo.InvariantCulture, $"sif <{inode}> {field}\n");
            }
        }

        var path = Path.Combine(folder, "times");
        await File.WriteAllTextAsync(path, script.ToString(), cancellationToken);
        await runner.RunAsync("debugfs", ["-w", "-f", path, image], environment, cancellationToken);
        File.Delete(path);
    }

    static List<long> PickChanges(long length)
    {
        var chance = new Chance(Chance.Derive(Seed, 3));
        var blocks = (int)(length / ChangeSize);
        var picked = new SortedSet<int>();
        while (picked.Count < Math.Max(1, (int)(blocks * Changed)))
        {
            picked.Add(chance.Below(blocks));
        }

        return [.. picked.Select(block => (long)block * ChangeSize)];
    }

    // Half of the changed blocks get a few new bytes in place, half other content of the same kind.
    static async Task ChangeAsync(string from, string to, List<long> changes, CancellationToken cancellationToken)
    {
        File.Copy(from, to, overwrite: true);
        var chance = new Chance(Chance.Derive(Seed, 4));
        using var file = File.OpenHandle(to, FileMode.Open, FileAccess.ReadWrite);
        var block = new byte[ChangeSize];
        foreach (var offset in changes)
        {
            await RandomAccess.ReadAsync(file, block, offset, cancellationToken);
            if (chance.Happens(0.5))
            {
                var start = chance.Below(ChangeSize / 4096) * 4096;
                chance.Fill(block.AsSpan(start, 2048));
                block.AsSpan(start + 2048, 2048).Clear();
            }
            else
            {
                Shuffle(block, chance);
            }

            await RandomAccess.WriteAsync(file, block, offset, cancellationToken);
        }
    }

    static void Shuffle(byte[] block, Chance chance)
    {
        const int Piece = 64;
        var swap = new byte[Piece];
        for (var i = (block.Length / Piece) - 1; i > 0; i--)
        {
            var left = block.AsSpan(i * Piece, Piece);
            var right = block.AsSpan(chance.Below(i + 1) * Piece, Piece);
            left.CopyTo(swap);
            right.CopyTo(left);
            swap.CopyTo(right);
        }
    }
}
