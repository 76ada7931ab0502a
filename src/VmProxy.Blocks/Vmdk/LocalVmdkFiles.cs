namespace VmProxy.Blocks.Vmdk;

/// <summary>Disks in folders of this machine. Names resolve inside the descriptor's own folder; all else needs the resolver's consent.</summary>
/// <param name="resolveElsewhere">Maps a reference that leaves the folder, such as /vmfs/volumes/…, to a path here, or to null.</param>
public sealed class LocalVmdkFiles(Func<string, string?>? resolveElsewhere = null) : IVmdkFiles
{
    /// <inheritdoc/>
    public string? Resolve(string descriptorPath, string reference)
    {
        ArgumentException.ThrowIfNullOrEmpty(reference);
        var folder = Path.GetDirectoryName(Path.GetFullPath(descriptorPath))!;
        var path = Path.GetFullPath(reference, folder);
        var inside = folder.EndsWith(Path.DirectorySeparatorChar) ? folder : folder + Path.DirectorySeparatorChar;
        return path.StartsWith(inside, StringComparison.Ordinal) ? path : resolveElsewhere?.Invoke(reference);
    }

    /// <inheritdoc/>
    public async ValueTask<IBlockDevice> OpenAsync(string path, CancellationToken cancellationToken) =>
        await FileBlockDevice.OpenAsync(path, cancellationToken: cancellationToken).ConfigureAwait(false);
}
