using System.Runtime.CompilerServices;
using VmProxy.Blocks;

namespace VmProxy.GuestFiles.Tests.Paths;

/// <summary>A file system of names alone, so that trees can be made which no sound disk holds. Names are found as Linux does, or as Windows.</summary>
sealed class FakeFileSystem(bool ignoresCase = false) : IGuestFileSystem
{
    readonly Dictionary<ulong, List<FakeEntry>> _children = [];
    int _listings;

    public GuestFileSystemInfo Info { get; } = new("fake", "", "", 0, 4096) { IgnoresCase = ignoresCase };

    public IReadOnlyList<GuestProblem> Findings => [];

    public GuestEntry Root { get; } = Directory("", 1);

    /// <summary>Most listings that were open at once.</summary>
    public int MostListings { get; private set; }

    public static FakeEntry Directory(string name, ulong id) => new() { Name = name, Id = id, Kind = GuestEntryKind.Directory };

    public static FakeEntry File(string name, ulong id) => new() { Name = name, Id = id, Kind = GuestEntryKind.File };

    public static FakeEntry Link(string name, ulong id, string target, GuestEntryKind kind = GuestEntryKind.SymbolicLink) =>
        new() { Name = name, Id = id, Kind = kind, Target = target };

    public FakeFileSystem With(ulong directory, params FakeEntry[] entries)
    {
        if (!_children.TryGetValue(directory, out var list))
        {
            _children.Add(directory, list = []);
        }

        list.AddRange(entries);
        return this;
    }

    public ValueTask<GuestEntry?> FindAsync(GuestEntry directory, string name, CancellationToken cancellationToken) => ValueTask.FromResult<GuestEntry?>(
        _children.GetValueOrDefault(directory.Id)?.FirstOrDefault(
            entry => string.Equals(entry.Name, name, ignoresCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal)));

    public async IAsyncEnumerable<GuestEntry> ListAsync(GuestEntry directory, GuestProblems problems, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        MostListings = Math.Max(MostListings, ++_listings);
        try
        {
            foreach (var entry in _children.GetValueOrDefault(directory.Id) ?? [])
            {
                yield return entry;
            }
        }
        finally
        {
            _listings--;
        }
    }

    public ValueTask<string> ReadLinkAsync(GuestEntry link, CancellationToken cancellationToken) => ValueTask.FromResult(((FakeEntry)link).Target!);

    public ValueTask<IBlockDevice> OpenAsync(GuestEntry file, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<GuestStream>> ListStreamsAsync(GuestEntry entry, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IBlockDevice> OpenStreamAsync(GuestEntry entry, string stream, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<GuestAttribute>> ReadAttributesAsync(GuestEntry entry, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>An entry of a <see cref="FakeFileSystem"/>.</summary>
sealed class FakeEntry : GuestEntry
{
    public string? Target { get; init; }
}
