using System.CommandLine;
using Spectre.Console;
using System.Globalization;
using VmProxy.Cli.Output;
using VmProxy.Engine.Listing;
using VmProxy.Engine.Selection;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy vms</c>: the VMs, and what would and would not be backed up.</summary>
static class VmsCommand
{
    public static Command Create(CommandRunner runner)
    {
        var command = new Command("vms", "List virtual machines, with what would and would not be backed up, and why.");
        runner.SetAction(command, async (context, _, cancellationToken) =>
        {
            var listing = await new InventoryListing(context.Session).VirtualMachinesAsync(cancellationToken).ConfigureAwait(false);
            context.Write(listing, ResultJson.Default.IReadOnlyListVmListing, console =>
            {
                var table = Tables.Create("NAME", "POWER", "DISKS>", "SIZE>", "CBT", "SNAPSHOTS>", "TRANSPORTS", "JOBS", "BACKUP");
                foreach (var vm in listing)
                {
                    table.Row(
                        vm.Name,
                        vm.PowerState,
                        vm.Disks.Count.ToString(CultureInfo.InvariantCulture),
                        Sizes.Text(vm.Disks.Sum(disk => disk.CapacityBytes)),
                        vm.ChangeTracking ? "on" : "off",
                        vm.Snapshots.ToString(CultureInfo.InvariantCulture),
                        string.Join(',', vm.Disks.SelectMany(disk => disk.Transports).Distinct()),
                        vm.Coverage == VmCoverage.Excluded ? "(excluded)" : string.Join(',', vm.Jobs),
                        Backup(vm));
                }

                console.Print(table);
                foreach (var (vm, finding) in listing.SelectMany(vm => vm.Findings.Select(finding => (vm, finding))))
                {
                    console.Line($"{vm.Name}: {finding.Message} [{finding.Code}]");
                }

                // Disks that nothing can read have been named with all reasons.
                foreach (var (vm, line) in listing.SelectMany(vm => vm.Disks
                    .Where(disk => disk.Transports.Count > 0)
                    .SelectMany(disk => TransportLines.Of(disk.Verdicts))
                    .CountBy(line => line)
                    .Select(counted => (vm, $"{counted.Key} ({counted.Value} of {vm.Disks.Count} disks)"))))
                {
                    console.Line($"{vm.Name}: {line}");
                }
            });
            return ExitCodes.Done;
        });
        return command;
    }

    /// <summary>In a word; the findings below the table say why.</summary>
    static string Backup(VmListing vm) => (vm.Eligible && vm.Disks.Any(Taken), vm.Disks.All(Taken)) switch
    {
        (false, _) => "no",
        (_, false) => "in part",
        _ => "yes",
    };

    static bool Taken(VmDiskListing disk) => disk.IncludedInBackup && disk.Transports.Count > 0;
}
