using VmProxy.GuestFiles;

namespace VmProxy.Engine.Files.Targets;

/// <summary>Modification times, which archives hold in bounds of their own.</summary>
static class ArchiveTime
{
    /// <summary>The nearest moment that the archive holds; the first one where the guest has none.</summary>
    /// <param name="time">The guest's.</param>
    /// <param name="first">The first moment that the archive holds.</param>
    /// <param name="last">The last one.</param>
    /// <param name="lost">The words for a time that lies outside, otherwise null.</param>
    public static DateTimeOffset Nearest(GuestTime? time, DateTimeOffset first, DateTimeOffset last, out string? lost)
    {
        lost = null;
        if (time is not { } known)
        {
            return first;
        }

        // In seconds: the guest's times reach farther than those of .NET.
        var nearest = known.Seconds < first.ToUnixTimeSeconds() ? first : known.Seconds > last.ToUnixTimeSeconds() ? last : (DateTimeOffset?)null;
        lost = nearest is { } other ? $"modification time (it is {known}, the archive has {other:yyyy-MM-dd})" : null;
        return nearest ?? known.ToDateTimeOffset();
    }
}
