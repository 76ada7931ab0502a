using System.Buffers.Binary;
using System.Text;
using VmProxy.GuestFiles.Tests.Judging;
using VmProxy.GuestFiles.Tests.Volumes;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.ExFat;

/// <summary>An image with exFAT that exfat-fuse filled, and what it reads of it.</summary>
sealed class ExFatImage : IDisposable
{
    ExFatImage(TestImage image) => Image = image;

    public TestImage Image { get; }

    /// <summary>Makes an image with files of all kinds of names and sizes, some in many pieces.</summary>
    public static async Task<ExFatImage> CreateAsync(int mebibytes, string options, int manyFiles = 0)
    {
        var exFat = new ExFatImage(new TestImage(mebibytes * 1024L * 1024));
        await exFat.Image.ShellAsync($"mkfs.exfat {options} {{}} >/dev/null");
        await using var mounted = await exFat.MountAsync();
        Fill(mounted.Folder, manyFiles);
        return exFat;
    }

    public async Task<ExFatMount> MountAsync() => await ExFatMount.MountAsync(Image.Path);

    /// <summary>All files as exfat-fuse reads them. Numbers, owners and modes are its own.</summary>
    public async Task<IReadOnlyList<FileFacts>> JudgeAsync()
    {
        await using var mounted = await MountAsync();
        return [.. (await KernelFacts.OfAsync(mounted.Folder)).Select(facts => new FileFacts(facts.Path, facts.Kind)
        {
            Size = facts.Kind == GuestEntryKind.File ? facts.Size : null,
            Modified = facts.Path.Length == 0 ? null : facts.Modified,
            Sha256 = facts.Sha256,
        })];
    }

    public async Task<IGuestFileSystem> OpenAsync() => await FileSystems.OpenAsync(new MemoryBlockDevice(Image.ReadAll()), "p1", CancellationToken.None);

    /// <summary>First byte of the directory entries of a file whose name has at most 15 letters.</summary>
    public static int SetOf(byte[] bytes, string name)
    {
        byte[] pattern = [0xC1, 0, .. Encoding.Unicode.GetBytes(name + "\0")];
        var at = bytes.AsSpan().IndexOf(pattern.AsSpan(0, name.Length == 15 ? pattern.Length - 2 : pattern.Length));
        Assert.That(at, Is.GreaterThan(64), name);
        return at - 64;
    }

    /// <summary>Makes the check of a set right again.</summary>
    public static void Seal(byte[] bytes, int set)
    {
        ushort check = 0;
        for (var i = 0; i < 32 * (bytes[set + 1] + 1); i++)
        {
            check = i is 2 or 3 ? check : (ushort)(((check & 1) << 15) + (check >> 1) + bytes[set + i]);
        }

        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(set + 2), check);
    }

    public void Dispose() => Image.Dispose();

    static void Fill(string folder, int manyFiles)
    {
        string[] names = ["a.txt", "UPPER.TXT", "täglich – 日本語.text", "empty", "dir/sub dir/deep.bin", "dir/other", new string('n', 255), "contiguous", "many/leave"];
        int[] sizes = [1, 511, 513, 0, 20_000, 65_536, 100_001, 300_000, 7];
        for (var i = 0; i < names.Length; i++)
        {
            var path = Path.Combine(folder, names[i]);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, BlockContent.Mixed(sizes[i], i + 1));
        }

        // Two files that grow by turns lie in pieces.
        for (var round = 0; round < 12; round++)
        {
            foreach (var name in new[] { "pieces 1", "pieces 2" })
            {
                using var file = new FileStream(Path.Combine(folder, name), FileMode.Append);
                file.Write(BlockContent.Mixed(9000, round));
            }
        }

        for (var i = 0; i < manyFiles; i++)
        {
            File.WriteAllBytes(Path.Combine(folder, "many", $"file number {i}.dat"), BlockContent.Mixed(i * 7 % 1500, i));
        }

        File.Delete(Path.Combine(folder, "dir/other"));
        for (var i = 0; i < 3; i++)
        {
            File.SetLastWriteTimeUtc(Path.Combine(folder, names[i]), new DateTime(1990 + i, 1 + i, 1 + (2 * i), 23, 59, 2 * i, DateTimeKind.Utc));
        }
    }
}
