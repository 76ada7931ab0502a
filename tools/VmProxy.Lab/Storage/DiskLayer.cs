using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace VmProxy.Lab.Storage;

/// <summary>
/// One link of a virtual disk's chain on the datastore: a descriptor and its extent. Reads see the whole chain below;
/// writes go into this link. A link is not safe for concurrent use: <see cref="DiskTree"/> serializes.
/// </summary>
internal abstract class DiskLayer : IDisposable
{
    bool _identified;

    protected DiskLayer(LayerFiles files, long length, SpaceAccount space, SafeFileHandle extent)
    {
        Files = files;
        Length = length;
        Space = space;
        Extent = extent;
    }

    public LayerFiles Files { get; private set; }

    public long Length { get; protected set; }

    public DiskLayer? Parent { get; private set; }

    /// <summary>Changes with the content; a child names its parent's.</summary>
    public uint ContentNumber { get; private set; } = RandomNumber();

    public string ContentId { get; private set; } = RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>How many others (the proxy VM) hold this link and the ones below it open.</summary>
    public int Readers { get; set; }

    /// <summary>What the link takes on its datastore, in bytes.</summary>
    public long SpaceUsed { get; private set; }

    protected SpaceAccount Space { get; private set; }

    protected SafeFileHandle Extent { get; private set; }

    public abstract void Read(long offset, Span<byte> buffer);

    /// <summary>The stretches that this link itself holds, in order.</summary>
    public abstract IEnumerable<ByteRange> Allocated();

    protected abstract void WriteExtent(long offset, ReadOnlySpan<byte> data);

    protected abstract string ExtentType { get; }

    protected abstract string CreateType { get; }

    protected virtual IEnumerable<string> DiskData => [];

    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        if (!_identified)
        {
            _identified = true;
            ContentNumber = RandomNumber();
            ContentId = RandomNumberGenerator.GetHexString(32, lowercase: true);
            WriteDescriptor();
        }

        WriteExtent(offset, data);
    }

    /// <summary>Puts the link upon another, whose content it inherits until it is written to.</summary>
    public void PlaceUpon(DiskLayer parent)
    {
        Parent = parent;
        (ContentNumber, ContentId) = (parent.ContentNumber, parent.ContentId);
        WriteDescriptor();
    }

    /// <summary>Changes the link below for one of the same content.</summary>
    public void Rebase(DiskLayer parent)
    {
        Parent = parent;
        WriteDescriptor();
    }

    /// <summary>Takes over the identity of a link whose content has been merged into this one.</summary>
    public void Adopt(DiskLayer merged)
    {
        (ContentNumber, ContentId, _identified) = (merged.ContentNumber, merged.ContentId, merged._identified);
        WriteDescriptor();
    }

    /// <summary>The next write gives the content a new identity, as reopening a disk does.</summary>
    public void Reopen() => _identified = false;

    public void WriteDescriptor() => WholeFile.Write(
        Files.DescriptorPath,
        VmdkDescriptor.Format(this, CreateType, ExtentType, DiskData));

    /// <summary>Moves the files to another datastore; who holds them open does not notice.</summary>
    public void MoveTo(LayerFiles files, SpaceAccount space)
    {
        space.Claim(SpaceUsed, files.DatastorePath);
        Directory.CreateDirectory(files.Folder);
        File.Move(Files.ExtentPath, files.ExtentPath);
        File.Delete(Files.DescriptorPath);
        Space.Return(SpaceUsed);
        (Files, Space) = (files, space);
        WriteDescriptor();
    }

    public void Delete()
    {
        Dispose();
        File.Delete(Files.ExtentPath);
        File.Delete(Files.DescriptorPath);
        Space.Return(SpaceUsed);
        SpaceUsed = 0;
    }

    protected void Claim(long bytes)
    {
        Space.Claim(bytes, Files.DatastorePath);
        SpaceUsed += bytes;
    }

    public void Dispose() => Extent.Dispose();

    static uint RandomNumber() => BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(4)) & 0x7fffffff;
}
