namespace VmProxy.Transports.HotAdd;

/// <summary>Small files of the proxy's operating system. What is missing, or may not be read, is null: nothing is concluded from it.</summary>
static class SystemFile
{
    const int LongestBytes = 1 << 20;

    public static string? FirstLine(string root, string path) => Text(root, path) is { } text ? text.Split('\n')[0].Trim() : null;

    public static string? Text(string root, string path)
    {
        try
        {
            var file = Path.Combine(root, path);
            // Files in /sys say 4096 bytes, whatever they hold.
            return !File.Exists(file) || new FileInfo(file).Length > LongestBytes ? null : File.ReadAllText(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public static bool Exists(string root, params ReadOnlySpan<string> paths)
    {
        foreach (var path in paths)
        {
            if (Path.Exists(Path.Combine(root, path)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What a folder holds, by name; empty when it cannot be listed.</summary>
    public static IReadOnlyList<string> Names(string root, string folder)
    {
        try
        {
            var path = Path.Combine(root, folder);
            return Directory.Exists(path) ? [.. Directory.EnumerateFileSystemEntries(path).Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal)] : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
