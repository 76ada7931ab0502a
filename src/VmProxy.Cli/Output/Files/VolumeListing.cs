using System.Globalization;
using System.Text.Json;
using VmProxy.Engine.Files.Targets;
using VmProxy.GuestFiles;

namespace VmProxy.Cli.Output.Files;

/// <summary>The volumes of disks, as a table or as JSON.</summary>
static class VolumeListing
{
    /// <summary>Prints them; returns the exit code.</summary>
    public static int Write(Terminal terminal, bool json, GuestDisks disks)
    {
        var document = new VolumesDocument(
            [.. disks.Volumes.Select(volume => new VolumeDocument(
                volume.Name, volume.Disk, volume.Role, volume.Number, volume.Offset, volume.Length, volume.Label, volume.TypeName, volume.IsBootable, volume.Content.Name,
                volume.IsReadable, volume.Problem))],
            disks.Findings);
        if (json)
        {
            terminal.Output.WriteLine(JsonSerializer.Serialize(document, ResultJson.Default.VolumesDocument));
            return ExitCodes.Done;
        }

        var table = Tables.Create("VOLUME", "OFFSET>", "SIZE>", "TYPE", "HOLDS", "LABEL", "~");
        foreach (var volume in disks.Volumes)
        {
            table.Row(
                SafeNames.Printable(volume.Name), volume.Offset?.ToString(CultureInfo.InvariantCulture) ?? "-", Sizes.Text(volume.Length), volume.TypeName,
                volume.Content.Name, SafeNames.Printable(volume.Label ?? ""), volume.Problem is { } problem ? SafeNames.Printable($"{problem.Message} [{problem.Code}]") : "");
        }

        terminal.OutputConsole.Print(table);
        foreach (var finding in disks.Findings)
        {
            terminal.OutputConsole.Line(SafeNames.Printable($"{finding.Subject}: {finding.Message} [{finding.Code}]"));
        }

        return ExitCodes.Done;
    }
}
