namespace VmProxy.Benchmarks.Repository;

static class Sizes
{
    /// <summary>Bytes of all files below a folder.</summary>
    public static long Of(string folder) =>
        new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
}
