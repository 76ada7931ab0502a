namespace VmProxy.Blocks.Vmdk;

/// <summary>Where the files of a disk are found: a folder here, a volume on a LUN elsewhere.</summary>
public interface IVmdkFiles
{
    /// <summary>The path of a file that a descriptor names.</summary>
    /// <param name="descriptorPath">The descriptor that names it.</param>
    /// <param name="reference">The name as written: foreign text, which must not lead where it likes.</param>
    /// <returns>The path, or null when the reference leads outside what may be read.</returns>
    string? Resolve(string descriptorPath, string reference);

    /// <summary>Opens a file to read it. The caller owns the device.</summary>
    /// <exception cref="BlockDeviceException">It does not exist or cannot be read.</exception>
    ValueTask<IBlockDevice> OpenAsync(string path, CancellationToken cancellationToken);
}
