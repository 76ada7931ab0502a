using System.Globalization;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Files;
using VmProxy.Engine.Files.Targets;

namespace VmProxy.Cli.Output;

/// <summary>The volumes of disks as a table.</summary>
static class VolumeListing
{
    public static void Print(Spectre.Console.IAnsiConsole console, VolumeList list)
    {
        var table = Tables.Create("VOLUME", "OFFSET>", "SIZE>", "TYPE", "HOLDS", "LABEL", "~");
        foreach (var volume in list.Volumes)
        {
            table.Row(
                SafeNames.Printable(volume.Name), volume.Offset?.ToString(CultureInfo.InvariantCulture) ?? "-", Sizes.Text(volume.Length), volume.Type,
                volume.Holds, SafeNames.Printable(volume.Label ?? ""), volume.Problem is { } problem ? Line(problem) : "");
        }

        console.Print(table);
        foreach (var finding in list.Findings)
        {
            console.Line($"{SafeNames.Printable(finding.Object)}: {Line(finding)}");
        }
    }

    static string Line(Failure failure) => SafeNames.Printable($"{failure.Message} [{failure.Code}]");
}
