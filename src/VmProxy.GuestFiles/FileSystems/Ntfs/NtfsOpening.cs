using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;

namespace VmProxy.GuestFiles;

/// <summary>What is read once when a volume is opened, and what is noticed then.</summary>
sealed class NtfsOpening(NtfsVolume volume, List<GuestProblem> findings)
{
    const int IsDirty = 1;

    /// <summary>Reads it.</summary>
    /// <exception cref="GuestFileException">The root directory is damaged.</exception>
    public async ValueTask<(GuestFileSystemInfo Info, GuestEntry Root)> RunAsync(CancellationToken cancellationToken)
    {
        var geometry = volume.Geometry;
        if (geometry.Length > volume.Device.Length)
        {
            Warn(GuestFileErrorCodes.Damaged, $"The volume {volume.Name} has {volume.Device.Length} bytes, and its boot sector tells of {geometry.Length}: its end is missing.");
        }

        if (volume.Mft.Problem is { } problem)
        {
            Warn(GuestFileErrorCodes.Damaged, $"Only the first {volume.Mft.Count} records of the MFT of {volume.Name} are known. {problem}");
        }

        await ReadUpCaseAsync(cancellationToken).ConfigureAwait(false);
        var (label, isDirty) = await ReadVolumeAsync(cancellationToken).ConfigureAwait(false);
        volume.Log = await NtfsLog.ReadAsync(volume, cancellationToken).ConfigureAwait(false);
        var root = await ReadRootAsync(cancellationToken).ConfigureAwait(false);
        TellOfLog(isDirty);
        await TellOfHibernationAsync(root, cancellationToken).ConfigureAwait(false);
        if (volume.Mft.Mirrored.Count > 0)
        {
            Warn(GuestFileErrorCodes.CopyUsed, $"The MFT records {string.Join(", ", volume.Mft.Mirrored)} of {volume.Name} are damaged; their copies in the mirror were used.");
        }

        var uuid = geometry.Serial.ToString("X16", CultureInfo.InvariantCulture);
        return (new GuestFileSystemInfo("ntfs", label, uuid, geometry.Length, geometry.ClusterSize) { IgnoresCase = true }, root);
    }

    async ValueTask<NtfsEntry> ReadRootAsync(CancellationToken cancellationToken)
    {
        var file = await NtfsFile.LoadAsync(volume, NtfsMetafiles.Root, cancellationToken).ConfigureAwait(false);
        var facts = await NtfsEntries.FactsAsync(volume, file, cancellationToken).ConfigureAwait(false);
        var root = facts.ToEntry("", new NtfsReference(NtfsMetafiles.Root, file.Record.Sequence), file.Problem);
        return root.Kind == GuestEntryKind.Directory ? root : throw file.Record.Damaged("is the root, and is no directory");
    }

    async ValueTask ReadUpCaseAsync(CancellationToken cancellationToken)
    {
        try
        {
            var file = await NtfsFile.LoadAsync(volume, NtfsMetafiles.UpCase, cancellationToken).ConfigureAwait(false);
            if (file.Find(volume, NtfsAttributeType.Data, "") is { } data
                && NtfsUpCase.TryParse(await volume.ReadAsync(data, NtfsUpCase.Letters * 2, cancellationToken).ConfigureAwait(false)) is { } table)
            {
                volume.UpCase = table;
                return;
            }

            Warn(GuestFileErrorCodes.Damaged, $"The table of capital letters ($UpCase) of {volume.Name} is damaged: names are compared by Unicode's.");
        }
        catch (GuestFileException exception)
        {
            Warn(GuestFileErrorCodes.Damaged, $"The table of capital letters ($UpCase) of {volume.Name} cannot be read, names are compared by Unicode's. {exception.Message}");
        }
    }

    async ValueTask<(string Label, bool IsDirty)> ReadVolumeAsync(CancellationToken cancellationToken)
    {
        try
        {
            var file = await NtfsFile.LoadAsync(volume, NtfsMetafiles.Volume, cancellationToken).ConfigureAwait(false);
            var label = file.Values(NtfsAttributeType.VolumeName).FirstOrDefault();
            var information = file.Values(NtfsAttributeType.VolumeInformation).FirstOrDefault();
            return (MemoryMarshal.Cast<byte, char>(label.Span).ToString(),
                information.Length >= 12 && (BinaryPrimitives.ReadUInt16LittleEndian(information.Span[10..]) & IsDirty) != 0);
        }
        catch (GuestFileException exception)
        {
            Warn(GuestFileErrorCodes.Damaged, $"The label of {volume.Name} cannot be read. {exception.Message}");
            return ("", false);
        }
    }

    void TellOfLog(bool isDirty)
    {
        if (volume.Log is { } log)
        {
            var open = $"The volume {volume.Name} was taken while it was in use, and its log ($LogFile) was not replayed: of the last changes some may be missing, or there in part.";
            var marked = string.Create(CultureInfo.InvariantCulture, $"{log.Count} files and directories that it concerns are marked");
            Warn(
                GuestFileErrorCodes.LogNotReplayed,
                log.Problem is { } problem ? $"{open} {marked}; whether it concerns others cannot be told. {problem}" : $"{open} {marked}.");
        }
        else if (isDirty)
        {
            Warn(GuestFileErrorCodes.LogNotReplayed, $"The volume {volume.Name} is marked as to be checked (dirty): Windows itself noticed that it was not unmounted or is damaged.");
        }
    }

    async ValueTask TellOfHibernationAsync(NtfsEntry root, CancellationToken cancellationToken)
    {
        try
        {
            var file = await NtfsFile.LoadAsync(volume, root.Reference.Record, cancellationToken).ConfigureAwait(false);
            await using var index = await NtfsIndex.OpenAsync(volume, file, cancellationToken).ConfigureAwait(false);
            if (await new NtfsIndexSearch(volume, index, "hiberfil.sys").FindAsync(cancellationToken).ConfigureAwait(false) is { } found
                && (await NtfsFile.LoadAsync(volume, found.Record, cancellationToken).ConfigureAwait(false)).Find(volume, NtfsAttributeType.Data, "") is { } data)
            {
                var head = await volume.ReadAsync(data, 4, cancellationToken).ConfigureAwait(false);
                if (head.AsSpan().SequenceEqual("hibr"u8) || head.AsSpan().SequenceEqual("HIBR"u8))
                {
                    Warn(GuestFileErrorCodes.LogNotReplayed, $"Windows on {volume.Name} is hibernated, or shut down with fast start: changes that it holds in hiberfil.sys are not on the disk.");
                }
            }
        }
        catch (GuestFileException)
        {
            // A root whose index is damaged is told by whoever lists it.
        }
    }

    void Warn(string code, string message) => findings.Add(new GuestProblem(code, volume.Name, message) { IsWarning = true });
}
