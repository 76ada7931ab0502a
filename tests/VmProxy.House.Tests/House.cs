namespace VmProxy.House.Tests;

/// <summary>The files of this repository, as a fresh clone has them.</summary>
static class House
{
    // What builds and tools leave behind; nothing of it is ours.
    static readonly string[] NotOurs = ["artifacts", "bin", "obj", ".git", ".vs", ".idea", "node_modules", "__pycache__"];

    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<string> Files { get; } = [.. Walk(Root).Select(Relative).Order(StringComparer.Ordinal)];

    public static IReadOnlyList<Project> Projects { get; } =
        [.. Files.Where(file => file.EndsWith(".csproj", StringComparison.Ordinal)).Select(Project.Read)];

    public static string Full(string relative) => Path.Combine(Root, relative);

    public static string ReadText(string relative) => File.ReadAllText(Full(relative));

    public static bool Exists(string relative) => File.Exists(Full(relative)) || Directory.Exists(Full(relative));

    static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    static IEnumerable<string> Walk(string folder) => Directory.EnumerateFiles(folder).Concat(
        Directory.EnumerateDirectories(folder).Where(child => !NotOurs.Contains(Path.GetFileName(child))).SelectMany(Walk));

    static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "VmProxy.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("No VmProxy.sln above the tests.");
        }

        return folder.FullName;
    }
}
