using VmProxy.Repository;

namespace VmProxy.Engine.Care;

/// <summary>Makes the index of a repository again from its packs.</summary>
/// <param name="session">What it works with.</param>
/// <param name="progress">Hears how far it is; may be null.</param>
public sealed class RepositoryIndexRebuild(ProxySession session, IProgress<WorkProgress>? progress)
{
    /// <summary>Rebuilds the index. It may run beside backups and restores.</summary>
    /// <exception cref="RepositoryException">REPO_NO_SPACE, REPO_STORE_FAILED: the index is as it was, or better.</exception>
    public async Task<IndexRebuilt> RunAsync(string? name, CancellationToken cancellationToken)
    {
        var opened = await session.RepositoryAsync(session.Settings.FindRepository(name), cancellationToken).ConfigureAwait(false);
        var report = await opened.Repository.RebuildIndexAsync(
            progress is null ? null : new Forward(opened.Settings.Name, progress), cancellationToken).ConfigureAwait(false);
        return new IndexRebuilt
        {
            Repository = opened.Settings.Name,
            Packs = report.Packs,
            PackBytes = report.PackBytes,
            ReadBytes = report.BytesRead,
            Chunks = report.Chunks,
            Segments = report.Segments,
            Seconds = report.Elapsed.TotalSeconds,
            Damaged = [.. report.Damaged.Select(damage => new DamagedPart(damage.Pack, damage.Offset, damage.Message))],
        };
    }

    sealed class Forward(string name, IProgress<WorkProgress> progress) : IProgress<RebuildProgress>
    {
        public void Report(RebuildProgress value) => progress.Report(new WorkProgress($"{name}: index", value.Packs, value.TotalPacks));
    }
}

/// <summary>What a rebuild of the index did.</summary>
public sealed record IndexRebuilt
{
    /// <summary>The repository's name in the configuration.</summary>
    public required string Repository { get; init; }

    /// <summary>Packs that were read.</summary>
    public required int Packs { get; init; }

    /// <summary>Their size.</summary>
    public required long PackBytes { get; init; }

    /// <summary>Bytes that were read of them: less than their size, unless trailers are damaged.</summary>
    public required long ReadBytes { get; init; }

    /// <summary>Chunks that the index names now.</summary>
    public required long Chunks { get; init; }

    /// <summary>Segments that were written.</summary>
    public required int Segments { get; init; }

    /// <summary>How long it took.</summary>
    public required double Seconds { get; init; }

    /// <summary>Parts of packs that could not be read: what they held is not in the index.</summary>
    public required IReadOnlyList<DamagedPart> Damaged { get; init; }
}

/// <summary>A part of a pack that could not be read.</summary>
/// <param name="Pack">The pack's object.</param>
/// <param name="Offset">First byte of the part.</param>
/// <param name="Message">What is wrong with it.</param>
public sealed record DamagedPart(string Pack, long Offset, string Message);
