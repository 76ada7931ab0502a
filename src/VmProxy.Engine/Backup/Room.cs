using VmProxy.Engine.Configuration;

namespace VmProxy.Engine.Backup;

/// <summary>No snapshot where the datastore lacks room for it.</summary>
static class Room
{
    /// <summary>The least free space in bytes that the configuration asks for on a datastore of this size.</summary>
    public static long Floor(GuardSettings guard, long capacityBytes) =>
        Math.Max((long)(capacityBytes * guard.FreeSpacePercent / 100), guard.FreeSpace.Bytes);
}
