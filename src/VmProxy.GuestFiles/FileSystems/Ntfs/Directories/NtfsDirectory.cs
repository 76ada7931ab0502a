using System.Runtime.CompilerServices;

namespace VmProxy.GuestFiles;

/// <summary>Lists a directory by its index, in the order in which the blocks lie.</summary>
static class NtfsDirectory
{
    /// <summary>The names and the files that they stand for, without short names and without the files of NTFS itself. Damaged blocks become problems.</summary>
    public static async IAsyncEnumerable<(string Name, NtfsReference Reference)> NamesAsync(
        NtfsIndex index, GuestProblems problems, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var named in Names(index, index.Root.Span, -1, problems))
        {
            yield return named;
        }

        var buffer = new byte[index.BlockSize];
        for (long block = 0; block < index.Blocks; block++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!index.IsUsed(block))
            {
                continue;
            }

            ReadOnlyMemory<byte> header;
            try
            {
                header = await index.ReadAsync(block, buffer, cancellationToken).ConfigureAwait(false);
            }
            catch (GuestFileException exception)
            {
                problems.Add(exception);
                continue;
            }

            foreach (var named in Names(index, header.Span, block, problems))
            {
                yield return named;
            }
        }
    }

    static List<(string Name, NtfsReference Reference)> Names(NtfsIndex index, ReadOnlySpan<byte> header, long block, GuestProblems problems)
    {
        var names = new List<(string, NtfsReference)>();
        var node = new NtfsIndexNode(header);
        while (node.MoveNext() && !node.IsEnd)
        {
            var isHidden = NtfsMetafiles.IsHidden(index.Directory.Number, node.Reference.Record);
            if (isHidden || NtfsFileName.IsShort(node.Key))
            {
                continue;
            }

            if (GuestName.IsUnsafe(NtfsFileName.Name(node.Key)))
            {
                problems.Add(index.Directory.Damaged($"is that of a directory with a name for MFT record {node.Reference.Record} that holds a slash or a zero, or is only dots"));
                continue;
            }

            names.Add((NtfsFileName.Name(node.Key).ToString(), node.Reference));
        }

        if (node.IsDamaged)
        {
            problems.Add(block < 0 ? index.Directory.Damaged("has an entry in its index root that cannot be right") : index.Damaged(block, "has an entry that cannot be right"));
        }

        return names;
    }
}
