using System.CommandLine;
using System.Globalization;
using VmProxy.Cli.Output;
using VmProxy.Engine.Points;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy points</c>: the restore points.</summary>
static class PointsCommand
{
    public static Command Create(CommandRunner runner)
    {
        var vm = new Option<string?>("--vm") { Description = "Only the points of this VM.", HelpName = "NAME" };
        var command = new Command("points", "List restore points, oldest first.") { vm };
        runner.SetRepositoryAction(command, async (context, parsed, cancellationToken) =>
        {
            var listing = await new PointShelf(context.Session).ListAsync(parsed.GetValue(vm), cancellationToken).ConfigureAwait(false);
            context.Write(listing, ResultJson.Default.PointList, console =>
            {
                var table = Tables.Create("POINT (UTC)", "VM", "LEVEL", "DISKS>", "SIZE>", "READ>", "NOTES~");
                foreach (var point in listing.Points)
                {
                    table.Row(
                        point.Id,
                        point.VirtualMachine,
                        point.Level,
                        point.Disks.ToString(CultureInfo.InvariantCulture),
                        Sizes.Text(point.CapacityBytes),
                        Sizes.Text(point.ReadBytes),
                        Notes(point));
                }

                if (listing.Points.Count == 0)
                {
                    console.Line(parsed.GetValue(vm) is { } name ? $"no restore points of {name}" : "no restore points");
                }
                else
                {
                    console.Print(table);
                }

                foreach (var damage in listing.Damaged)
                {
                    console.Line($"damaged: {damage}");
                }
            });
            return listing.Damaged.Count == 0 ? ExitCodes.Done : ExitCodes.Warnings;
        });
        return command;
    }

    static string Notes(PointListing point) => string.Join(", ", new[]
    {
        point.Quiesced ? "" : "crash-consistent",
        point.Holds.Count == 0 ? "" : "held",
        point.Warnings == 0 ? "" : $"{point.Warnings} warning(s)",
    }.Where(note => note.Length > 0));
}
