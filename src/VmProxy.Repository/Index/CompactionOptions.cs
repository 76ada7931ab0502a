namespace VmProxy.Repository.Index;

/// <summary>How an index is compacted.</summary>
internal sealed record CompactionOptions
{
    /// <summary>Packs whose records are dropped. A pack that is merely missing is not among them: its records tell which points that hurts.</summary>
    public IReadOnlySet<RandomId> DeletedPacks { get; init; } = new HashSet<RandomId>();

    /// <summary>
    /// How long merged segments stay beside their successor. Other machines may have them mapped, and a file that is removed on a network
    /// file system while another machine has it mapped ends the process there. Correctness does not depend on it.
    /// </summary>
    public TimeSpan KeepMerged { get; init; }

    /// <summary>Merges every segment, also damaged ones, of which what proves itself is kept. Only after every pack was read.</summary>
    public bool All { get; init; }
}
