using System.Globalization;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Restore;
using VmProxy.Repository;

namespace VmProxy.Engine.Points;

/// <summary>Finds the disk of a point that a person means.</summary>
static class DiskChoice
{
    /// <summary>The disk of a device key or of a label.</summary>
    /// <exception cref="EngineException"><see cref="ReasonCodesOfRestore.DiskUnknown"/>: the point holds no such disk.</exception>
    public static PointDisk Find(RestorePoint point, string keyOrLabel)
    {
        var found = int.TryParse(keyOrLabel, NumberStyles.None, CultureInfo.InvariantCulture, out var key)
            ? point.Disks.FirstOrDefault(disk => disk.Key == key)
            : point.Disks.FirstOrDefault(disk => string.Equals(disk.Label, keyOrLabel, StringComparison.OrdinalIgnoreCase));
        return found ?? throw new EngineException(
            ReasonCodesOfRestore.DiskUnknown, $"{point.Id} / {keyOrLabel}", "find the disk",
            $"The point holds no such disk. It holds {string.Join(", ", point.Disks.Select(disk => $"{disk.Key} ({disk.Label})"))}.",
            "Name one of these by key or label.");
    }
}
