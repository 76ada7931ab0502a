using System.Security.Cryptography;
using System.Text;
using VmProxy.Blocks.Files;

namespace VmProxy.Blocks.Vmdk;

/// <summary>
/// The text file that describes a VMware disk: its extents, its identity and its parent. What this version does not know is kept and
/// written back.
/// </summary>
public sealed record VmdkDescriptor
{
    /// <summary>Bytes of a sector in every length and offset of a descriptor, also on 4Kn disks.</summary>
    public const int SectorSize = 512;

    /// <summary>A descriptor that is longer is refused. Real ones have a few hundred bytes.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>The parent id of a disk without parent.</summary>
    public const uint NoParent = 0xFFFFFFFF;

    /// <summary>The content id of a disk that was never opened for writing.</summary>
    public const uint NeverWritten = 0xFFFFFFFE;

    /// <summary>The format version; 1 to 4 are known, 3 means that changed block tracking is on.</summary>
    public int Version { get; init; } = 1;

    /// <summary>The content id: it changes when the disk is first written after it was opened.</summary>
    public uint Cid { get; init; } = NeverWritten;

    /// <summary>The content id that the parent must have, or <see cref="NoParent"/>.</summary>
    public uint ParentCid { get; init; } = NoParent;

    /// <summary>The kind of disk, such as vmfs, vmfsSparse or monolithicFlat.</summary>
    public required string CreateType { get; init; }

    /// <summary>The parent's descriptor as written: relative to this one's folder, or a path of a host.</summary>
    public string? ParentFileNameHint { get; init; }

    /// <summary>The change tracking file, as written.</summary>
    public string? ChangeTrackPath { get; init; }

    /// <summary>The extents in disk order; at least one.</summary>
    public required IReadOnlyList<VmdkExtent> Extents { get; init; }

    /// <summary>The disk data base: the keys after "ddb." and their values, in order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> DiskDatabase { get; init; } = [];

    /// <summary>Header keys that have no property here, in order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> OtherKeys { get; init; } = [];

    /// <summary>Whether the disk is a delta over a parent.</summary>
    public bool HasParent => ParentCid != NoParent;

    /// <summary>Size of the disk in bytes.</summary>
    public long Length => Extents.Sum(extent => extent.Length);

    /// <summary>A value of the disk data base, or null.</summary>
    /// <param name="key">The key without "ddb.", in any case.</param>
    public string? Database(string key) =>
        DiskDatabase.FirstOrDefault(pair => pair.Key.Equals(key, StringComparison.OrdinalIgnoreCase)).Value;

    /// <summary>Reads a descriptor from its text.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="name">How errors call the descriptor.</param>
    /// <exception cref="BlockDeviceException">The text is not a complete descriptor; the message names line and key.</exception>
    public static VmdkDescriptor Parse(string text, string name) => new VmdkDescriptorParser(name).Parse(text);

    /// <summary>Reads a descriptor from its bytes, in the encoding that it names.</summary>
    /// <exception cref="BlockDeviceException">The bytes are not a complete descriptor; the message names line and key.</exception>
    public static VmdkDescriptor Parse(ReadOnlySpan<byte> bytes, string name) =>
        Parse(VmdkDescriptorEncoding.Decode(bytes, name), name);

    /// <summary>Reads a descriptor from the file or device that holds it.</summary>
    /// <exception cref="BlockDeviceException">It cannot be read, is too long, or is not a complete descriptor.</exception>
    public static async ValueTask<VmdkDescriptor> ReadAsync(IBlockDevice file, string name, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (file.Length > MaxBytes)
        {
            throw new BlockDeviceException(
                BlockErrorCodes.DescriptorInvalid,
                name,
                $"'{name}' has {file.Length} bytes, too many for a VMDK descriptor. Name the descriptor (disk.vmdk), not one of its extents.");
        }

        var bytes = new byte[file.Length];
        await file.ReadAsync(0, bytes, cancellationToken).ConfigureAwait(false);
        return Parse(bytes, name);
    }

    /// <summary>Reads a descriptor from a file.</summary>
    /// <exception cref="BlockDeviceException">It cannot be read, is too long, or is not a complete descriptor.</exception>
    public static async Task<VmdkDescriptor> ReadAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = await FileBlockDevice.OpenAsync(path, FileCaching.Buffered, maxInFlight: 1, cancellationToken)
            .ConfigureAwait(false);
        return await ReadAsync(file, path, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A content id that means no special thing.</summary>
    public static uint NewCid()
    {
        Span<byte> bytes = stackalloc byte[4];
        uint cid;
        do
        {
            RandomNumberGenerator.Fill(bytes);
            cid = BitConverter.ToUInt32(bytes);
        }
        while (cid >= NeverWritten);
        return cid;
    }

    /// <summary>The descriptor as text, as ESXi lays it out.</summary>
    /// <exception cref="BlockDeviceException">A value holds a quote or a control character, which the format cannot carry.</exception>
    public string ToText() => VmdkDescriptorWriter.Write(this);

    /// <summary>Writes the descriptor to a file, replacing it in one step.</summary>
    /// <exception cref="BlockDeviceException">It could not be written.</exception>
    public async Task WriteAsync(string path, CancellationToken cancellationToken)
    {
        var bytes = Encoding.UTF8.GetBytes(ToText());
        var temporary = path + ".new";
        await using (var file = await WritableFileBlockDevice
            .CreateAsync(temporary, bytes.Length, overwrite: true, maxInFlight: 1, cancellationToken).ConfigureAwait(false))
        {
            await file.WriteAsync(0, bytes, cancellationToken).ConfigureAwait(false);
            await file.FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        try
        {
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw OsFileErrors.Write(path, $"Replacing descriptor '{path}'", exception);
        }
    }
}
