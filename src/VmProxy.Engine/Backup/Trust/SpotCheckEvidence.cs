using System.Text.Json;
using System.Text.Json.Serialization;
using VmProxy.Repository;

namespace VmProxy.Engine.Backup.Trust;

/// <summary>All that is known of a case in which the server left out changes, for its maker and for whoever must judge earlier points.</summary>
sealed record SpotCheckEvidence
{
    public required DateTimeOffset FoundAt { get; init; }

    public required string RunId { get; init; }

    public required string VcenterUuid { get; init; }

    public required string Server { get; init; }

    public required string Vm { get; init; }

    public required string VmInstanceUuid { get; init; }

    public required string VmMoRef { get; init; }

    public required string Snapshot { get; init; }

    public required string Disk { get; init; }

    public required int DiskKey { get; init; }

    public required string? DiskUuid { get; init; }

    public required long CapacityBytes { get; init; }

    public required IReadOnlyList<string> Chain { get; init; }

    public required string? HostVersion { get; init; }

    public required string? HostBuild { get; init; }

    public required string? BasePoint { get; init; }

    /// <summary>What changes were asked since; "*" for allocated areas.</summary>
    public required string BaseChangeId { get; init; }

    public required string? ChangeId { get; init; }

    /// <summary>Points between the disk's last full and the base, the base included: they may lack changes too.</summary>
    public required IReadOnlyList<string> DoubtfulPoints { get; init; }

    public required int CheckedBlocks { get; init; }

    public required int BlockBytes { get; init; }

    public required IReadOnlyList<ChunkDifference> Differences { get; init; }

    /// <summary>The server's answer: offset and length of each area, in bytes.</summary>
    public required IReadOnlyList<long[]> Answer { get; init; }

    /// <summary>Writes the evidence into a new file that its owner alone can read.</summary>
    public async Task<string> WriteAsync(string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"cbt-{RunId}-{VmMoRef.Split(':')[^1]}-{DiskKey}.json");
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using var file = new FileStream(path, options);
        await JsonSerializer.SerializeAsync(file, this, EvidenceJson.Default.SpotCheckEvidence, cancellationToken).ConfigureAwait(false);
        await file.FlushAsync(cancellationToken).ConfigureAwait(false);
        file.Flush(flushToDisk: true);
        return path;
    }
}

/// <summary>The JSON form of <see cref="SpotCheckEvidence"/>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(SpotCheckEvidence))]
sealed partial class EvidenceJson : JsonSerializerContext;
