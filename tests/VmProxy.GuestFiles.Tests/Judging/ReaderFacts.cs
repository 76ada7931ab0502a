using System.Security.Cryptography;
using VmProxy.Blocks;

namespace VmProxy.GuestFiles.Tests.Judging;

/// <summary>What our reader says of a file system, in the form in which it is compared.</summary>
static class ReaderFacts
{
    /// <summary>The facts of every file and of the root (path ""). Problems of the walk fail the test unless they are asked for.</summary>
    public static async Task<IReadOnlyList<FileFacts>> OfAsync(IGuestFileSystem fileSystem, bool withContent = true, GuestProblems? problems = null)
    {
        var met = problems ?? new GuestProblems();
        var facts = new List<FileFacts> { await OfAsync(fileSystem, "", fileSystem.Root, withContent) };
        await foreach (var (path, entry) in fileSystem.WalkAsync(fileSystem.Root, met, CancellationToken.None))
        {
            facts.Add(await OfAsync(fileSystem, path, entry, withContent));
        }

        if (problems is null)
        {
            Assert.That(met.First, Is.Empty);
        }

        return facts;
    }

    /// <summary>SHA-256 of a content, read in pieces whose sizes are not those of any block.</summary>
    public static async Task<string> HashAsync(IBlockDevice content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[(1024 * 1024) + 13];
        for (long offset = 0; offset < content.Length;)
        {
            var part = buffer.AsMemory(0, (int)Math.Min(buffer.Length, content.Length - offset));
            await content.ReadAsync(offset, part, CancellationToken.None);
            hash.AppendData(part.Span);
            offset += part.Length;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    static async Task<FileFacts> OfAsync(IGuestFileSystem fileSystem, string path, GuestEntry entry, bool withContent)
    {
        var isLink = entry.Kind is GuestEntryKind.SymbolicLink or GuestEntryKind.Junction;
        string? hash = null;
        if (withContent && entry.Kind == GuestEntryKind.File)
        {
            await using var content = await fileSystem.OpenAsync(entry, CancellationToken.None);
            Assert.That(content.Length, Is.EqualTo(entry.Size), path);
            hash = await HashAsync(content);
        }

        return new FileFacts(path, entry.Kind)
        {
            Id = entry.Id,
            Size = entry.Size,
            Modified = entry.Modified,
            Accessed = entry.Accessed,
            Changed = entry.Changed,
            Mode = entry.Mode,
            Owner = entry.Owner,
            Group = entry.Group,
            Links = entry.Links,
            Target = isLink ? await fileSystem.ReadLinkAsync(entry, CancellationToken.None) : null,
            Device = entry.DeviceNumber,
            Sha256 = hash,
            Attributes = (await fileSystem.ReadAttributesAsync(entry, CancellationToken.None))
                .ToDictionary(attribute => attribute.Name, attribute => Convert.ToHexStringLower(attribute.Value.Span)),
        };
    }
}
