namespace VmProxy.Blocks.Vmdk;

/// <summary>The descriptors from a disk down to its base, each checked against the one above it.</summary>
static class VmdkChain
{
    /// <summary>vSphere allows 32 links.</summary>
    public const int MaxLinks = 32;

    /// <summary>Reads the chain, leaf first.</summary>
    public static async Task<IReadOnlyList<VmdkLink>> ReadAsync(
        IVmdkFiles files, string path, bool withParents, CancellationToken cancellationToken)
    {
        var links = new List<VmdkLink>();
        while (true)
        {
            var link = await ReadLinkAsync(files, path, cancellationToken).ConfigureAwait(false);
            var descriptor = link.Descriptor;
            if (links.Count > 0)
            {
                ThrowIfNotParent(links[^1], path, descriptor);
            }

            links.Add(link);
            if (!descriptor.HasParent || !withParents)
            {
                return links;
            }

            path = files.Resolve(path, descriptor.ParentFileNameHint!) ?? throw Broken(
                path, $"its parent '{descriptor.ParentFileNameHint}' lies outside its folder, and no such datastore is known here");
            if (links.Any(above => above.Path == path))
            {
                throw Broken(path, "it is its own ancestor");
            }

            if (links.Count == MaxLinks)
            {
                throw Broken(links[0].Path, $"its chain is longer than {MaxLinks} links");
            }
        }
    }

    static async Task<VmdkLink> ReadLinkAsync(IVmdkFiles files, string path, CancellationToken cancellationToken)
    {
        await using var file = await files.OpenAsync(path, cancellationToken).ConfigureAwait(false);
        return await SparseDescriptor.IsInsideAsync(file, cancellationToken).ConfigureAwait(false)
            ? await SparseDescriptor.ReadAsync(file, path, cancellationToken).ConfigureAwait(false)
            : new VmdkLink(path, await VmdkDescriptor.ReadAsync(file, path, cancellationToken).ConfigureAwait(false));
    }

    static void ThrowIfNotParent(VmdkLink child, string path, VmdkDescriptor parent)
    {
        if (parent.Cid != child.Descriptor.ParentCid)
        {
            throw Broken(
                child.Path,
                $"it was made from content {child.Descriptor.ParentCid:x8} of '{path}', which now has {parent.Cid:x8}: "
                + "the parent was written after the snapshot, or is another disk");
        }

        if (parent.Length != child.Descriptor.Length)
        {
            throw Broken(child.Path, $"it has {child.Descriptor.Length} bytes, but its parent '{path}' has {parent.Length}");
        }
    }

    static BlockDeviceException Broken(string path, string reason) => new(
        BlockErrorCodes.ChainBroken, path, $"The chain of disk '{path}' is broken: {reason}. Check the VM's snapshots.");
}
