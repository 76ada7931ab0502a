using VmProxy.Blocks;
using VmProxy.Blocks.Vmdk;
using VmProxy.Engine.Failures;
using VmProxy.GuestFiles;

namespace VmProxy.Engine.Files;

/// <summary>The volumes on a disk image or block device of this machine: what the rescue tool opens, without repository and configuration.</summary>
public sealed class ImageVolumes : IAsyncDisposable
{
    // The specifications of qcow2 (QEMU, docs/interop/qcow2), VHDX (MS-VHDX 2.2.1) and VHD (its dynamic form begins with a copy of the footer).
    static readonly (string Name, byte[] Signature)[] OtherFormats =
        [("qcow2", [.. "QFI"u8, 0xFB]), ("VHDX", [.. "vhdxfile"u8]), ("VHD", [.. "conectix"u8])];

    readonly IBlockDevice _device;

    ImageVolumes(string image, IBlockDevice device, GuestDisks disks)
    {
        Image = image;
        Disks = disks;
        _device = device;
    }

    /// <summary>The image.</summary>
    public string Image { get; }

    /// <summary>Bytes of the disk.</summary>
    public long Length => _device.Length;

    /// <summary>Looks at its files. Partitions are called p1, p2, and so on, since there is one disk only.</summary>
    public GuestBrowser Browser => new(Disks);

    internal GuestDisks Disks { get; }

    /// <summary>Opens a raw image, a VMDK (its descriptor, or the one file that holds descriptor and data), or a block device, read only.</summary>
    /// <exception cref="EngineException"><see cref="ReasonCodesOfFiles.NoImage"/>.</exception>
    /// <exception cref="BlockDeviceException">It cannot be opened or read.</exception>
    public static async Task<ImageVolumes> OpenAsync(string image, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (!Path.Exists(image) || Directory.Exists(image))
        {
            throw new EngineException(
                ReasonCodesOfFiles.NoImage, image, "open the image", Directory.Exists(image) ? "It is a folder." : "There is no such file.",
                "Name a raw image, a VMDK (its descriptor where that is a file of its own), or a block device.");
        }

        var device = await OpenDeviceAsync(image, cancellationToken).ConfigureAwait(false);
        try
        {
            return new ImageVolumes(image, device, await GuestDisks.OpenAsync([new GuestDisk("", device)], cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            await device.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Disks.DisposeAsync().ConfigureAwait(false);
        await _device.DisposeAsync().ConfigureAwait(false);
    }

    static async Task<IBlockDevice> OpenDeviceAsync(string image, CancellationToken cancellationToken)
    {
        var raw = await FileBlockDevice.OpenAsync(image, cancellationToken: cancellationToken).ConfigureAwait(false);
        var isRaw = false;
        try
        {
            var head = new byte[Math.Min(raw.Length, VmdkSignature.Length)];
            await raw.ReadAsync(0, head, cancellationToken).ConfigureAwait(false);
            if (OtherFormats.FirstOrDefault(format => head.AsSpan().StartsWith(format.Signature)) is { Name: { } other })
            {
                // Taken for a raw image it would look like a disk with nothing on it.
                throw new EngineException(
                    ReasonCodesOfFiles.NoImage, image, "open the image", $"It is a {other} image, which is not read.", "Convert it: qemu-img convert -O raw IMAGE NEW.");
            }

            isRaw = !VmdkSignature.IsAt(head);
            return isRaw ? raw : await VmdkDisk.OpenAsync(image, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (!isRaw)
            {
                await raw.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
