using System.CommandLine;
using Spectre.Console;
using System.Globalization;
using VmProxy.Cli.Output;
using VmProxy.Engine.Listing;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy datastores</c>: the datastores, and how their disks could be read.</summary>
static class DatastoresCommand
{
    public static Command Create(CommandRunner runner)
    {
        var command = new Command("datastores", "List datastores, with free space and the transports that could read them.");
        runner.SetAction(command, async (context, _, cancellationToken) =>
        {
            var listing = await new InventoryListing(context.Session).DatastoresAsync(cancellationToken).ConfigureAwait(false);
            context.Write(listing, ResultJson.Default.IReadOnlyListDatastoreListing, console =>
            {
                var table = Tables.Create("NAME", "TYPE", "CAPACITY>", "FREE>", "VMS>", "TRANSPORTS", "NOTES");
                foreach (var datastore in listing)
                {
                    table.Row(
                        datastore.Name,
                        datastore.Type,
                        Sizes.Text(datastore.CapacityBytes),
                        Sizes.Text(datastore.FreeBytes),
                        datastore.VirtualMachines.ToString(CultureInfo.InvariantCulture),
                        string.Join(',', datastore.Transports),
                        string.Join("; ", datastore.Findings.Select(finding => $"{finding.Message} [{finding.Code}]")));
                }

                console.Write(table);
            });
            return ExitCodes.Done;
        });
        return command;
    }
}
