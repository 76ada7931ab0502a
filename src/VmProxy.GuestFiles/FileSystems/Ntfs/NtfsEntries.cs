using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>Makes entries of files that are read one by one.</summary>
static class NtfsEntries
{
    /// <summary>The file of a reference under a name. One that cannot be read is an entry that tells why.</summary>
    public static async ValueTask<NtfsEntry> ReadAsync(NtfsVolume volume, NtfsReference reference, string name, CancellationToken cancellationToken)
    {
        try
        {
            var file = await LoadAsync(volume, reference, name, cancellationToken).ConfigureAwait(false);
            var facts = await FactsAsync(volume, file, cancellationToken).ConfigureAwait(false);
            return facts.ToEntry(name, reference, file.Problem);
        }
        catch (GuestFileException exception)
        {
            return Unknown(reference, name, exception.ToProblem());
        }
    }

    /// <summary>The entry of a file that cannot be read.</summary>
    public static NtfsEntry Unknown(NtfsReference reference, string name, GuestProblem problem) =>
        new() { Name = name, Id = (ulong)reference.Record, Reference = reference, Kind = GuestEntryKind.Unknown, Problem = problem };

    /// <summary>Reads a file, which must still be the one that the reference means.</summary>
    /// <exception cref="GuestFileException">It is another one, or damaged.</exception>
    public static async ValueTask<NtfsFile> LoadAsync(NtfsVolume volume, NtfsReference reference, string name, CancellationToken cancellationToken)
    {
        var file = await NtfsFile.LoadAsync(volume, reference.Record, cancellationToken).ConfigureAwait(false);
        return file.Record.Sequence == reference.Sequence ? file
            : throw file.Record.Damaged($"holds another file than {name}: it is its use {file.Record.Sequence} and not {reference.Sequence}");
    }

    /// <summary>What is told of a file.</summary>
    public static async ValueTask<NtfsFacts> FactsAsync(NtfsVolume volume, NtfsFile file, CancellationToken cancellationToken)
    {
        var facts = default(NtfsFacts);
        if (file.Record.IsDirectory)
        {
            facts.SetDirectory();
        }

        if (file.IsInLog)
        {
            facts.SetInLog();
        }

        file.AddTo(ref facts);
        if (facts.NeedsReparse && file.Find(volume, NtfsAttributeType.ReparsePoint, "") is { Size: >= 4 } reparse)
        {
            facts.SetReparse(BinaryPrimitives.ReadUInt32LittleEndian(await volume.ReadAsync(reparse, 4, cancellationToken).ConfigureAwait(false)));
        }

        return facts;
    }

    /// <summary>The name that a file has in a directory, for one that was found by the other case or by its 8.3 name.</summary>
    public static async ValueTask<string> NameInAsync(NtfsVolume volume, long directory, NtfsReference reference, string asked, CancellationToken cancellationToken)
    {
        NtfsFile file;
        try
        {
            file = await LoadAsync(volume, reference, asked, cancellationToken).ConfigureAwait(false);
        }
        catch (GuestFileException)
        {
            // The entry that is made of it tells.
            return asked;
        }

        var names = file.Values(NtfsAttributeType.FileName)
            .Where(value => NtfsFileName.IsSound(value.Span) && !NtfsFileName.IsShort(value.Span) && NtfsFileName.Parent(value.Span).Record == directory)
            .Select(value => (Name: NtfsFileName.Name(value.Span).ToString(), HasShort: NtfsFileName.HasShort(value.Span)))
            .ToList();
        return names.FirstOrDefault(name => name.Name == asked).Name
            ?? names.FirstOrDefault(name => volume.UpCase.Equals(name.Name, asked)).Name
            ?? names.FirstOrDefault(name => name.HasShort).Name
            ?? asked;
    }
}
