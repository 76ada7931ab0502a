using System.CommandLine;
using Spectre.Console;
using System.Globalization;
using VmProxy.Cli.Output;
using VmProxy.Engine.Points;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy point show</c>: one restore point in detail.</summary>
static class PointShowCommand
{
    public static Command Create(CommandRunner runner)
    {
        var id = PointCommand.Id();
        var command = new Command("show", "Show disks, changed bytes, transports and warnings of a point.") { id };
        runner.SetRepositoryAction(command, async (context, parsed, cancellationToken) =>
        {
            var point = await new PointShelf(context.Session).ShowAsync(parsed.GetRequiredValue(id), cancellationToken).ConfigureAwait(false);
            context.Write(point, ResultJson.Default.PointDetails, console =>
            {
                var facts = Tables.Facts();
                facts.Row("Point", point.Id);
                facts.Row("VM", $"{point.VirtualMachine} ({point.InstanceUuid})");
                facts.Row("Time (UTC)", point.Time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture));
                facts.Row("Job", point.Job);
                facts.Row("Level", point.Level);
                facts.Row("Consistency", point.Quiesced ? "quiesced" : "crash-consistent");
                facts.Row("Host", point.Host ?? "-");
                facts.Row("VM encryption", Encryption(point));
                facts.Row("Repository", point.Repository);
                facts.Row("Files", string.Join(", ", point.Files.Select(file => $"{file.Name} ({Sizes.Text(file.Bytes)})")));
                console.Print(facts);
                console.WriteLine();
                var disks = Tables.Create("KEY", "DISK", "SIZE>", "LEVEL", "REASON", "CHANGED>", "READ>");
                foreach (var disk in point.Disks)
                {
                    disks.Row(
                        disk.Key.ToString(CultureInfo.InvariantCulture), disk.Label, Sizes.Text(disk.CapacityBytes), disk.Level, disk.LevelReason,
                        Sizes.Text(disk.ChangedBytes), Sizes.Text(disk.ReadBytes));
                }

                console.Print(disks);
                console.WriteLine();
                foreach (var disk in point.Disks)
                {
                    console.Line($"{disk.Label}{(disk.Controller.Length == 0 ? "" : $" ({disk.Place ?? "place unknown"}, {disk.Controller})")}: read from {disk.FileName} by {disk.Transport}");
                    foreach (var line in TransportLines.Of(disk.Transports))
                    {
                        console.Line($"{disk.Label}: {line}");
                    }
                }

                foreach (var disk in point.ExcludedDisks)
                {
                    console.Line($"{disk.Label}: not in this point: {disk.Reason}");
                }

                foreach (var hold in point.Holds)
                {
                    console.Line($"held since {hold.Since.UtcDateTime:yyyy-MM-dd HH:mm:ss}{(hold.Reason.Length == 0 ? "" : $": {hold.Reason}")}");
                }

                foreach (var warning in point.Warnings)
                {
                    console.Line($"warning: {warning}");
                }
            });
            return ExitCodes.Done;
        });
        return command;
    }

    static string Encryption(PointDetails point) => (point.Encryption is { } key ? $"key {key.KeyId} of {key.ProviderId ?? "the default provider"}" : "none")
        + (point.VirtualTpm ? ", virtual TPM" : "");
}
