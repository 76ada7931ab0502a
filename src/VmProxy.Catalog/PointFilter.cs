namespace VmProxy.Catalog;

/// <summary>Which points to list; what is null does not filter.</summary>
public sealed record PointFilter
{
    /// <summary>Only of this repository.</summary>
    public string? RepositoryId { get; init; }

    /// <summary>Only of this VM.</summary>
    public VmKey? Vm { get; init; }

    /// <summary>Only of VMs whose name was this when the point was taken, or is now.</summary>
    public string? VmName { get; init; }

    /// <summary>Only of this job.</summary>
    public string? Job { get; init; }

    /// <summary>Taken at or after this.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Taken before this.</summary>
    public DateTimeOffset? Before { get; init; }

    /// <summary>At most so many, the newest ones.</summary>
    public int? Limit { get; init; }
}

/// <summary>The answer to a search by id or beginning of an id.</summary>
/// <param name="Point">The point, when exactly one fits.</param>
/// <param name="Candidates">Ids that fit, newest last, at most 10: empty when none does, several when the text is ambiguous.</param>
public sealed record PointLookup(PointRecord? Point, IReadOnlyList<string> Candidates);
