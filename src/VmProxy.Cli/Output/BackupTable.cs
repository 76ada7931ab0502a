using Spectre.Console;
using VmProxy.Engine.Backup;

namespace VmProxy.Cli.Output;

/// <summary>A backup's result for people.</summary>
static class BackupTable
{
    public static void Write(IAnsiConsole console, BackupReport report)
    {
        var table = Tables.Create("VM", "RESULT", "POINT", "DISK", "LEVEL", "REASON", "TRANSPORT", "READ>", "STORED>");
        foreach (var vm in report.VirtualMachines)
        {
            var first = true;
            foreach (var disk in vm.Disks.DefaultIfEmpty())
            {
                table.Row(
                    first ? vm.Name : "",
                    first ? Outcomes.Text(vm.Outcome) : "",
                    first ? vm.Point : "",
                    disk?.Label,
                    disk?.Level.ToString().ToLowerInvariant(),
                    disk?.LevelReason,
                    disk?.Transport,
                    disk is null ? "" : Sizes.Text(disk.ReadBytes),
                    first ? Sizes.Text(vm.StoredBytes) : "");
                first = false;
            }
        }

        console.Write(table);
        foreach (var warning in report.Warnings.Concat(report.VirtualMachines.SelectMany(vm => vm.Warnings)))
        {
            console.WriteLine($"warning: {warning}");
        }

        foreach (var vm in report.VirtualMachines.Where(vm => vm.Error is not null))
        {
            console.WriteLine($"error: {vm.Error}");
        }
    }
}
