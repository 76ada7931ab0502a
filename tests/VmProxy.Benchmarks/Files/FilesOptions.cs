namespace VmProxy.Benchmarks.Files;

/// <summary>How much is measured.</summary>
/// <param name="Files">Files in each image.</param>
/// <param name="BigBytes">Size of the file that is read from end to end.</param>
/// <param name="DiskBytes">Size of the disk whose point gives a file back.</param>
/// <param name="Rounds">How often each has its turn.</param>
/// <param name="Program">The vmproxy that is measured, as a program and its first arguments.</param>
sealed record FilesOptions(int Files, long BigBytes, long DiskBytes, int Rounds, IReadOnlyList<string> Program)
{
    public static FilesOptions Whole(IReadOnlyList<string> program) => new(1_000_000, 2L << 30, 1L << 40, 3, program);

    public static FilesOptions Smoke(IReadOnlyList<string> program) => new(2_000, 16L << 20, 1L << 30, 1, program);
}
