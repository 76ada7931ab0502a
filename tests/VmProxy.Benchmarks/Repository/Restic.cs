using VmProxy.Benchmarks.Running;

namespace VmProxy.Benchmarks.Repository;

/// <summary>restic, with its own choice of what to compress. The image always has the same path, so that the second backup finds the first.</summary>
sealed class Restic(Runner runner, string folder) : ITool
{
    readonly Dictionary<string, string> _environment = new()
    {
        ["RESTIC_REPOSITORY"] = Path.Combine(folder, "repository"),
        ["RESTIC_PASSWORD"] = "benchmark",
        ["RESTIC_CACHE_DIR"] = Path.Combine(folder, "cache"),
        ["TMPDIR"] = folder,
    };

    public string Name => "restic auto";

    public string Folder => _environment["RESTIC_REPOSITORY"];

    string Image => Path.Combine(folder, "source", "disk.img");

    public Task InitializeAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Image)!);
        return runner.RunAsync("restic", ["init", "-q", "--repository-version", "2"], _environment, cancellationToken);
    }

    public async Task<Measured> BackupAsync(string image, CancellationToken cancellationToken)
    {
        await runner.RunAsync("ln", ["-f", image, Image], _environment, cancellationToken);
        return await runner.RunAsync("restic", ["backup", "-q", "--compression", "auto", Image], _environment, cancellationToken);
    }

    public async Task<Measured> RestoreAsync(string file, CancellationToken cancellationToken)
    {
        var target = Path.Combine(folder, "restored");
        var measured = await runner.RunAsync("restic", ["restore", "-q", "latest", "--target", target], _environment, cancellationToken);
        File.Move(Path.Join(target, Image), file);
        Directory.Delete(target, recursive: true);
        return measured;
    }
}
