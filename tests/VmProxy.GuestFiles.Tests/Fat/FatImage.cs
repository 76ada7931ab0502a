using VmProxy.GuestFiles.Tests.Judging;
using VmProxy.GuestFiles.Tests.Volumes;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Fat;

/// <summary>An image with FAT that mtools filled, and what mtools reads of it.</summary>
sealed class FatImage : IDisposable
{
    const string Environment = "export TZ=UTC LC_ALL=C.UTF-8 MTOOLS_SKIP_CHECK=1; ";
    readonly TempFolder _folder = new();

    FatImage(TestImage image) => Image = image;

    public TestImage Image { get; }

    /// <summary>Makes an image and copies a tree of all kinds of names and sizes into it.</summary>
    public static async Task<FatImage> CreateAsync(int kibibytes, string options, int manyFiles = 0)
    {
        var fat = new FatImage(new TestImage(kibibytes * 1024L));
        await fat.Image.ShellAsync($"mkfs.vfat {options} {{}} >/dev/null");
        fat.MakeTree(manyFiles);
        await fat.MtoolsAsync($"mcopy -s -m -Q -i {{}} {fat._folder["tree"]}/* ::/");
        return fat;
    }

    /// <summary>Runs a line of mtools; {} stands for the image.</summary>
    public Task<string> MtoolsAsync(string line) => Image.ShellAsync(Environment + line);

    /// <summary>All files as mtools copies them back. It tells no times of directories, and no numbers.</summary>
    public async Task<IReadOnlyList<FileFacts>> JudgeAsync()
    {
        using var back = new TempFolder();
        await MtoolsAsync($"mcopy -s -m -n -i {{}} '::/*' {back.Path}/");
        return [.. (await KernelFacts.OfAsync(back.Path)).Select(facts => new FileFacts(facts.Path, facts.Kind)
        {
            Size = facts.Kind == GuestEntryKind.File ? facts.Size : null,
            Modified = facts.Kind == GuestEntryKind.File ? facts.Modified : null,
            Sha256 = facts.Sha256,
        })];
    }

    public async Task<IGuestFileSystem> OpenAsync() => await FileSystems.OpenAsync(new MemoryBlockDevice(Image.ReadAll()), "p1", CancellationToken.None);

    public void Dispose()
    {
        Image.Dispose();
        _folder.Dispose();
    }

    void MakeTree(int manyFiles)
    {
        var tree = Directory.CreateDirectory(_folder["tree"]).FullName;
        string[] names =
        [
            "a.txt", "UPPER.TXT", "lower.TXT", "Mixed.Txt", "NOEXT", "a name with spaces and.several.dots", "täglich – 日本語.text", "dir/empty", "dir/sub dir/deep file.bin",
            "dir/DIR8.3/X", new string('n', 200) + ".long", "many/leave",
        ];
        int[] sizes = [0, 1, 511, 512, 513, 4096, 4097, 20_000, 65_536, 100_001];
        for (var i = 0; i < names.Length; i++)
        {
            var path = Path.Combine(tree, names[i]);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, BlockContent.Mixed(sizes[i % sizes.Length], i));
            File.SetLastWriteTimeUtc(path, new DateTime(1990 + i, 1 + i, 1 + (2 * i), i, 3 * i, 2 * i, DateTimeKind.Utc));
        }

        for (var i = 0; i < manyFiles; i++)
        {
            File.WriteAllBytes(Path.Combine(tree, i % 2 == 0 ? "many" : "", $"file number {i}.dat"), BlockContent.Mixed(i * 7 % 1500, i));
        }
    }
}
