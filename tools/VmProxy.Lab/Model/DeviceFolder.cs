using VmProxy.Lab.Storage;

namespace VmProxy.Lab.Model;

/// <summary>
/// Disks attached to the proxy VM as its udev would name them. A single frozen base appears as a hard link, so nothing is copied;
/// a chain as a sparse file of what it reads as.
/// </summary>
internal sealed class DeviceFolder(string folder, FaultRegistry faults, TimeProvider clock)
{
    const long WrongBy = 1 << 20;

    public string Folder => folder;

    /// <summary>The name that udev gives a VMware disk.</summary>
    public static string NameOf(Guid uuid) => $"wwn-0x{uuid:N}";

    /// <summary>Makes the device appear, unless a fault forbids or delays it; returns where.</summary>
    public string Appear(DiskTree tree, DiskLayer layer, CancellationToken lifetime)
    {
        var path = Path.Combine(folder, NameOf(layer.Files.Uuid));
        if (faults.Take(FaultNames.DeviceNeverAppears) is not null)
        {
            return path;
        }

        if (faults.Take(FaultNames.SlowAttach) is { } arguments)
        {
            var seconds = arguments is [var given, ..] ? double.Parse(given, System.Globalization.CultureInfo.InvariantCulture) : 2;
            _ = AppearLaterAsync(tree, layer, path, TimeSpan.FromSeconds(seconds), lifetime);
            return path;
        }

        Make(tree, layer, path);
        return path;
    }

    public static void Vanish(string path)
    {
        if (File.Exists(path))
        {
            File.Delete(path);
        }
    }

    void Make(DiskTree tree, DiskLayer layer, string path)
    {
        Directory.CreateDirectory(folder);
        File.Delete(path);
        if (faults.Take(FaultNames.DeviceWrongSize) is not null)
        {
            DiskImage.Export(tree, layer, path);
            using var file = File.OpenHandle(path, access: FileAccess.ReadWrite);
            RandomAccess.SetLength(file, layer.Length + WrongBy);
        }
        else if (layer.Parent is not null || !SparseFile.TryLink(layer.Files.ExtentPath, path))
        {
            var whole = path + ".new";
            File.Delete(whole);
            DiskImage.Export(tree, layer, whole);
            File.Move(whole, path);
        }
    }

    async Task AppearLaterAsync(DiskTree tree, DiskLayer layer, string path, TimeSpan delay, CancellationToken lifetime)
    {
        try
        {
            await Task.Delay(delay, clock, lifetime);
            if (layer.Readers > 0)
            {
                Make(tree, layer, path);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}
