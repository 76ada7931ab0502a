using VmProxy.Engine.Configuration;

namespace VmProxy.Engine.Backup;

/// <summary>Levels as they are written into points and the catalog.</summary>
static class LevelNames
{
    public const string Full = "full";

    public static string Of(BackupLevel level) => level.ToString().ToLowerInvariant();
}
