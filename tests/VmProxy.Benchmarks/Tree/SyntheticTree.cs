namespace VmProxy.Benchmarks.Tree;

enum FileKind
{
    Program,
    Source,
    Prose,
    Messages,
    Compressed,
}

/// <summary>A file of the tree. Files of one content are copies of each other.</summary>
readonly record struct TreeFile(string Path, FileKind Kind, ulong Content, int Size);

/// <summary>A tree of files shaped like a real /usr, following from a seed alone.</summary>
static class SyntheticTree
{
    // Shares of the bytes, as counted in the /usr of a Debian machine with compilers and documentation.
    static readonly (FileKind Kind, double Share, int Median, double Spread)[] Kinds =
    [
        (FileKind.Program, 0.60, 90_000, 1.75),
        (FileKind.Source, 0.165, 9_000, 1.3),
        (FileKind.Messages, 0.07, 40_000, 1.1),
        (FileKind.Prose, 0.06, 7_000, 1.4),
        (FileKind.Compressed, 0.055, 5_000, 1.5),
    ];

    const double ShareOfCopies = 0.05;

    // The time that every file bears.
    static readonly DateTime Written = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000).UtcDateTime;

    /// <summary>The files of a tree of about <paramref name="bytes"/>.</summary>
    public static List<TreeFile> Plan(ulong seed, long bytes)
    {
        var chance = new Chance(seed);
        var words = new Vocabulary(Chance.Derive(seed, 1), 4000);
        var files = new List<TreeFile>();
        var largest = (int)Math.Clamp(bytes / 40, 1 << 16, 48 << 20);
        foreach (var (kind, share, median, spread) in Kinds)
        {
            for (var left = (long)(bytes * share); left > 0;)
            {
                var size = (int)Math.Clamp(median * Math.Exp(spread * Normal(chance)), 40, Math.Min(largest, left + 40));
                files.Add(new TreeFile(PathOf(kind, files.Count, words, chance), kind, Chance.Derive(seed, (ulong)files.Count + 1000), size));
                left -= size;
            }
        }

        var originals = files.Count;
        for (var left = (long)(bytes * ShareOfCopies); left > 0;)
        {
            var original = files[chance.Below(originals)];
            files.Add(original with { Path = PathOf(original.Kind, files.Count, words, chance) });
            left -= original.Size;
        }

        return files;
    }

    /// <summary>Writes the files below a folder.</summary>
    public static void Write(string folder, ulong seed, IReadOnlyList<TreeFile> files)
    {
        var words = new Vocabulary(Chance.Derive(seed, 2), 30_000);
        foreach (var directory in files.Select(file => Path.GetDirectoryName(Path.Combine(folder, file.Path))!).Distinct())
        {
            Directory.CreateDirectory(directory);
        }

        Parallel.ForEach(files, file =>
        {
            var path = Path.Combine(folder, file.Path);
            File.WriteAllBytes(path, Content(words, file));
            File.SetLastWriteTimeUtc(path, Written);
            File.SetLastAccessTimeUtc(path, Written);
        });
        foreach (var directory in Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories).Append(folder))
        {
            Directory.SetLastWriteTimeUtc(directory, Written);
            Directory.SetLastAccessTimeUtc(directory, Written);
        }
    }

    public static byte[] Content(Vocabulary words, TreeFile file)
    {
        var chance = new Chance(file.Content);
        var page = new Page(file.Size);
        switch (file.Kind)
        {
            case FileKind.Program:
                new ProgramFile(words, chance, page).Write();
                break;
            case FileKind.Source:
                new TextFile(words, chance, page).Source();
                break;
            case FileKind.Prose:
                new TextFile(words, chance, page).Prose();
                break;
            case FileKind.Messages:
                new TextFile(words, chance, page).Messages();
                break;
            default:
                page.Add([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 3]);
                page.AddRandom(chance, page.Left);
                break;
        }

        return page.Bytes;
    }

    static string PathOf(FileKind kind, int number, Vocabulary words, Chance chance)
    {
        var package = words.Text(chance.Skewed(1500));
        var name = $"{words.Text(chance.Below(words.Count))}{number}";
        return kind switch
        {
            FileKind.Program => chance.Happens(0.4) ? $"usr/bin/{name}" : $"usr/lib/{package}/lib{name}.so",
            FileKind.Source => chance.Happens(0.5) ? $"usr/include/{package}/{name}.h" : $"usr/lib/python3/{package}/{name}.py",
            FileKind.Prose => $"usr/share/doc/{package}/{name}.txt",
            FileKind.Messages => $"usr/share/locale/{package}/{name}.mo",
            _ => $"usr/share/man/{package}/{name}.gz",
        };
    }

    static double Normal(Chance chance) =>
        Math.Sqrt(-2 * Math.Log(1 - chance.Fraction())) * Math.Cos(2 * Math.PI * chance.Fraction());
}
