using System.Globalization;
using System.Text.Json;
using VmProxy.Benchmarks.Running;

namespace VmProxy.Benchmarks.Repository;

/// <summary>Ours at one compression level.</summary>
sealed class Ours(Runner runner, string folder, int level) : ITool
{
    readonly Dictionary<string, string> _environment = new() { ["TMPDIR"] = folder };

    public string Name => $"vmproxy zstd,{level}";

    public string Folder => Path.Combine(folder, "repository");

    string CopyFolder => Path.Combine(folder, "copy");

    public Task InitializeAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        return RunAsync(["init", Folder], cancellationToken);
    }

    public Task<Measured> BackupAsync(string image, CancellationToken cancellationToken) =>
        RunAsync(["backup", Folder, image, Level], cancellationToken);

    /// <summary>A backup that reads only blocks that are known to have changed.</summary>
    public async Task<Measured> BackupAreasAsync(string image, IReadOnlyList<long> areas, CancellationToken cancellationToken)
    {
        var list = Path.Combine(folder, "areas.json");
        await File.WriteAllTextAsync(list, JsonSerializer.Serialize(areas), cancellationToken);
        return await RunAsync(["backup", Folder, image, Level, list], cancellationToken);
    }

    /// <summary>A backup that reads everything, into a copy of the repository, which is left as it is. The copy costs nothing: objects never change.</summary>
    public async Task<(Measured Measured, long Growth)> BackupAllIntoCopyAsync(string image, CancellationToken cancellationToken)
    {
        await runner.RunAsync("cp", ["-al", Folder, CopyFolder], _environment, cancellationToken);
        var before = Sizes.Of(CopyFolder);
        var measured = await RunAsync(["backup", CopyFolder, image, Level], cancellationToken);
        var growth = Sizes.Of(CopyFolder) - before;
        Directory.Delete(CopyFolder, recursive: true);
        return (measured, growth);
    }

    public Task<Measured> RestoreAsync(string file, CancellationToken cancellationToken) =>
        RunAsync(["restore", Folder, file, "unsynced"], cancellationToken);

    /// <summary>A restore that ends with the file on stable storage, as vmproxy's does.</summary>
    public Task<Measured> RestoreDurablyAsync(string file, CancellationToken cancellationToken) =>
        RunAsync(["restore", Folder, file, "durable"], cancellationToken);

    public Task<Measured> VerifyAsync(CancellationToken cancellationToken) => RunAsync(["verify", Folder], cancellationToken);

    /// <summary>The machine's limit at this level.</summary>
    public async Task<LimitResult> LimitAsync(string image, CancellationToken cancellationToken) =>
        JsonSerializer.Deserialize<LimitResult>((await RunAsync(["limit", image, Level], cancellationToken)).Output)!;

    string Level => level.ToString(CultureInfo.InvariantCulture);

    Task<Measured> RunAsync(string[] arguments, CancellationToken cancellationToken) =>
        runner.RunAsync(Environment.ProcessPath!, [.. OursCommand.Host, .. arguments], _environment, cancellationToken);
}
