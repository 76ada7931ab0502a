using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>A physical volume of LVM2 that was met on a disk.</summary>
/// <param name="Name">The name of the volume that it is.</param>
/// <param name="Device">Its bytes.</param>
/// <param name="Uuid">Its identity, 32 characters without dashes.</param>
/// <param name="Metadata">The newest metadata on it, or null.</param>
sealed record LvmPhysicalVolume(string Name, IBlockDevice Device, string Uuid, LvmMetadata? Metadata)
{
    /// <summary>Reads its label and metadata. What is wrong with the metadata is told and not thrown: another physical volume may have it.</summary>
    /// <exception cref="GuestFileException">The label is damaged.</exception>
    public static async ValueTask<LvmPhysicalVolume> ReadAsync(IBlockDevice device, string name, List<GuestProblem> findings, CancellationToken cancellationToken)
    {
        await using var reader = new GuestReader(device, capacity: 1024 * 1024);
        var label = await LvmLabel.ReadAsync(reader, name, cancellationToken).ConfigureAwait(false);
        LvmMetadata? newest = null;
        foreach (var (offset, size) in label.MetadataAreas)
        {
            try
            {
                if (await LvmMetadataArea.ReadAsync(reader, offset, size, name, cancellationToken).ConfigureAwait(false) is { } text
                    && LvmMetadata.Parse(text, name) is var metadata
                    && (newest is null || metadata.Sequence > newest.Sequence))
                {
                    newest = metadata;
                }
            }
            catch (GuestFileException exception)
            {
                findings.Add(exception.ToProblem() with { IsWarning = true });
            }
        }

        return new LvmPhysicalVolume(name, device, label.Uuid, newest);
    }
}
