using VmProxy.Blocks;
using VmProxy.Blocks.Vmdk;

namespace VmProxy.Engine.Restore;

/// <summary>The files that a restore has created: only these are removed when it fails.</summary>
sealed class RestoreFiles
{
    readonly List<string> _created = [];

    public async Task<IWritableBlockDevice> CreateAsync(string path, long length, CancellationToken cancellationToken)
    {
        var file = await WritableFileBlockDevice.CreateAsync(path, length, cancellationToken: cancellationToken).ConfigureAwait(false);
        _created.Add(path);
        return file;
    }

    /// <summary>Creates a VMDK descriptor and its flat extent.</summary>
    public async Task CreateVmdkAsync(string path, long length, CancellationToken cancellationToken)
    {
        if (!path.EndsWith(".vmdk", StringComparison.OrdinalIgnoreCase))
        {
            throw new Failures.EngineException(
                ReasonCodesOfRestore.FileName, path, "create the file", "A VMDK's name must end in .vmdk.", "Choose another name.");
        }

        var descriptor = await VmdkFactory.CreateFlatAsync(path, length, [new("adapterType", "lsilogic")], cancellationToken).ConfigureAwait(false);
        _created.Add(path);
        var folder = Path.GetDirectoryName(path)!;
        _created.AddRange(descriptor.Extents.Select(extent => Path.Combine(folder, extent.FileName!)));
    }

    public void Remove()
    {
        foreach (var path in _created)
        {
            File.Delete(path);
        }
    }
}
