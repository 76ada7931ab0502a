using System.CommandLine;
using Spectre.Console;
using System.Globalization;
using VmProxy.Cli.Output;
using VmProxy.Engine.Points;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy point show</c>: one restore point in detail.</summary>
static class PointCommand
{
    public static Command Create(CommandRunner runner) => new("point", "Look at one restore point.") { Show(runner) };

    static Command Show(CommandRunner runner)
    {
        var id = new Argument<string>("POINT") { Description = "The point's id, or a unique beginning of it." };
        var command = new Command("show", "Show disks, changed bytes, transports and warnings of a point.") { id };
        runner.SetAction(command, async (context, parsed, cancellationToken) =>
        {
            var point = await new PointShelf(context.Session).ShowAsync(parsed.GetRequiredValue(id), cancellationToken).ConfigureAwait(false);
            context.Write(point, ResultJson.Default.PointDetails, console =>
            {
                var facts = Tables.Create("", "");
                facts.HideHeaders();
                facts.Row("Point", point.Id);
                facts.Row("VM", $"{point.VirtualMachine} ({point.InstanceUuid})");
                facts.Row("Time (UTC)", point.Time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture));
                facts.Row("Job", point.Job);
                facts.Row("Level", point.Level);
                facts.Row("Consistency", point.Quiesced ? "quiesced" : "crash-consistent");
                facts.Row("Repository", point.Repository);
                facts.Row("Files", string.Join(", ", point.Files.Select(file => $"{file.Name} ({Sizes.Text(file.Bytes)})")));
                console.Write(facts);
                var disks = Tables.Create("KEY", "DISK", "SIZE>", "LEVEL", "REASON", "CHANGED>", "READ>", "TRANSPORT", "SOURCE");
                foreach (var disk in point.Disks)
                {
                    disks.Row(
                        disk.Key.ToString(CultureInfo.InvariantCulture), disk.Label, Sizes.Text(disk.CapacityBytes), disk.Level, disk.LevelReason,
                        Sizes.Text(disk.ChangedBytes), Sizes.Text(disk.ReadBytes), disk.Transport, disk.FileName);
                }

                console.Write(disks);
                foreach (var warning in point.Warnings)
                {
                    console.WriteLine($"warning: {warning}");
                }
            });
            return ExitCodes.Done;
        });
        return command;
    }
}
