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
                var table = Tables.Create("NAME", "TYPE", "CAPACITY>", "FREE>", "VMS>", "TRANSPORTS");
                foreach (var datastore in listing)
                {
                    table.Row(
                        datastore.Name,
                        datastore.Type,
                        Sizes.Text(datastore.CapacityBytes),
                        Sizes.Text(datastore.FreeBytes),
                        datastore.VirtualMachines.ToString(CultureInfo.InvariantCulture),
                        datastore.Accessible ? string.Join(',', datastore.Transports) : "not accessible");
                }

                console.Print(table);
                foreach (var (datastore, finding) in listing.SelectMany(datastore => datastore.Findings.Select(finding => (datastore, finding))))
                {
                    console.Line($"{datastore.Name}: {finding.Message} [{finding.Code}]");
                }
            });
            return ExitCodes.Done;
        });
        return command;
    }
}
