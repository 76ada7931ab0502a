using System.Globalization;

namespace VmProxy.Benchmarks.Files;

/// <summary>
/// A tree of many small files, always the same for a count: 200 files in each of the leaf directories, which lie two levels deep, names of 15 to 60 characters, sizes of 16 KiB · u³ (4 KiB on
/// average), as an aged file server has them.
/// </summary>
static class FileTree
{
    const int FilesOfALeaf = 200;
    const int LeavesOfABranch = 10;
    const int BranchesOfATrunk = 25;
    const int MostBytes = 16 * 1024;

    /// <summary>How many files and directories the tree of so many files has.</summary>
    public static int Entries(int files)
    {
        var leaves = UpTo(files, FilesOfALeaf);
        var branches = UpTo(leaves, LeavesOfABranch);
        return files + leaves + branches + UpTo(branches, BranchesOfATrunk);
    }

    /// <summary>Writes the tree into a folder.</summary>
    public static async Task WriteAsync(string folder, int files, CancellationToken cancellationToken)
    {
        var random = new Random(20261126);
        var bytes = new byte[MostBytes];
        random.NextBytes(bytes);
        var current = folder;
        for (var i = 0; i < files; i++)
        {
            if (i % FilesOfALeaf == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var leaf = i / FilesOfALeaf;
                var branch = leaf / LeavesOfABranch;
                current = Path.Combine(folder, Name("trunk", branch / BranchesOfATrunk), Name("branch", branch), Name("leaf", leaf));
                Directory.CreateDirectory(current);
            }

            var share = random.NextDouble();
            var name = Name("file", i) + new string((char)('a' + random.Next(26)), random.Next(2, 47));
            using var file = File.OpenHandle(Path.Combine(current, name), FileMode.CreateNew, FileAccess.Write);
            await RandomAccess.WriteAsync(file, bytes.AsMemory(0, (int)(MostBytes * share * share * share)), 0, cancellationToken);
        }
    }

    static int UpTo(int count, int each) => (count + each - 1) / each;

    static string Name(string kind, int number) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{number:D7}");
}
