namespace VmProxy.Repository;

/// <summary>What is decided when a repository is made.</summary>
public sealed record RepositoryOptions
{
    /// <summary>Chunk size in bytes of disks that name none: a power of two from 512 to 4 MiB. 64 KiB is the granularity of changed block tracking.</summary>
    public int DefaultChunkSize { get; init; } = 65536;

    /// <summary>What a guess of the passphrase costs.</summary>
    public PassphraseCost PassphraseCost { get; init; } = PassphraseCost.Default;
}

/// <summary>The cost of turning a passphrase into a key by Argon2id (RFC 9106).</summary>
/// <param name="MemoryKib">Memory in KiB.</param>
/// <param name="Iterations">Passes over the memory.</param>
/// <param name="Parallelism">Lanes.</param>
public sealed record PassphraseCost(int MemoryKib, int Iterations, int Parallelism)
{
    /// <summary>
    /// 64 MiB and 3 passes, as RFC 9106, section 4, has it where memory is short, but on one lane: lanes let who guesses work side by side as well,
    /// and one lane is what libsodium computes.
    /// </summary>
    public static PassphraseCost Default { get; } = new(65536, 3, 1);
}
