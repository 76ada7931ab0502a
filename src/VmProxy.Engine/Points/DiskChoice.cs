using System.Globalization;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Files;
using VmProxy.Engine.Restore;
using VmProxy.Repository;

namespace VmProxy.Engine.Points;

/// <summary>Finds the disk of a point that a person means.</summary>
static class DiskChoice
{
    /// <summary>The disk of a device key, of a label, or of the name that it has where files are listed (disk1).</summary>
    /// <exception cref="EngineException"><see cref="ReasonCodesOfRestore.DiskUnknown"/>: the point holds no such disk.</exception>
    public static PointDisk Find(RestorePoint point, string text)
    {
        var found = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var key)
            ? point.Disks.FirstOrDefault(disk => disk.Key == key)
            : point.Disks.FirstOrDefault(disk => string.Equals(disk.Label, text, StringComparison.OrdinalIgnoreCase))
                ?? PointVolumes.NamesOf(point.Disks).Zip(point.Disks).FirstOrDefault(pair => pair.First == text).Second;
        return found ?? throw new EngineException(
            ReasonCodesOfRestore.DiskUnknown, $"{point.Id} / {text}", "find the disk",
            $"The point holds no such disk. It holds {string.Join(", ", point.Disks.Select(disk => $"{disk.Key} ({disk.Label})"))}.",
            "Name one of these by key or label, or as 'files ls' calls it.");
    }
}
