using VmProxy.Benchmarks.Running;

namespace VmProxy.Benchmarks.Repository;

/// <summary>borg, encrypted, with its own way of cutting.</summary>
sealed class Borg(Runner runner, string folder, string compression) : ITool
{
    readonly Dictionary<string, string> _environment = new()
    {
        ["BORG_REPO"] = Path.Combine(folder, "repository"),
        ["BORG_PASSPHRASE"] = "benchmark",
        ["BORG_BASE_DIR"] = Path.Combine(folder, "base"),
        ["BORG_RELOCATED_REPO_ACCESS_IS_OK"] = "no",
        ["TMPDIR"] = folder,
    };

    int _backups;

    public string Name => $"borg {compression}";

    public string Folder => _environment["BORG_REPO"];

    string Image => Path.Combine(folder, "source", "disk.img");

    public Task InitializeAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Image)!);
        Directory.CreateDirectory(_environment["BORG_BASE_DIR"]);
        return runner.RunAsync("borg", ["init", "-e", "repokey-blake2"], _environment, cancellationToken);
    }

    public async Task<Measured> BackupAsync(string image, CancellationToken cancellationToken)
    {
        await runner.RunAsync("ln", ["-f", image, Image], _environment, cancellationToken);
        return await runner.RunAsync("borg", ["create", "-C", compression, $"::backup-{++_backups}", Image], _environment, cancellationToken);
    }

    // borg extracts into the current folder.
    public async Task<Measured> RestoreAsync(string file, CancellationToken cancellationToken)
    {
        var target = Path.Combine(folder, "restored");
        Directory.CreateDirectory(target);
        var measured = await runner.RunAsync("borg", ["extract", "--sparse", $"::backup-{_backups}"], _environment, cancellationToken, target);
        File.Move(Path.Join(target, Image), file);
        Directory.Delete(target, recursive: true);
        return measured;
    }
}
