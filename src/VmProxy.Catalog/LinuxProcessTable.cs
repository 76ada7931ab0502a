using System.Globalization;

namespace VmProxy.Catalog;

/// <summary>The process table of Linux (proc(5)). On other systems it knows nothing, so that leases are judged by time alone.</summary>
public sealed class LinuxProcessTable : IProcessTable
{
    /// <inheritdoc/>
    public string BootId { get; } = ReadOrEmpty("/proc/sys/kernel/random/boot_id");

    /// <inheritdoc/>
    public string PidNamespace { get; } = OperatingSystem.IsLinux() ? new FileInfo("/proc/self/ns/pid").LinkTarget ?? "" : "";

    /// <inheritdoc/>
    public long? StartTicks(int processId) => ParseStat(ReadOrEmpty(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/stat")));

    internal static long? ParseStat(string stat)
    {
        // The second field is the program's name in parentheses and may hold anything, also ')' and spaces.
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        const int state = 3 - 3, startTime = 22 - 3;
        return fields.Length <= startTime || fields[state] is "Z" or "X"
            ? null
            : long.Parse(fields[startTime], CultureInfo.InvariantCulture);
    }

    static string ReadOrEmpty(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
