using Spectre.Console;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Commands;

namespace VmProxy.Cli.Output;

/// <summary>A backup's result for people: the VMs, then their disks, then everything that is to be said.</summary>
static class BackupTable
{
    public static void Write(IAnsiConsole console, BackupReport report)
    {
        var vms = Tables.Create("VM", "RESULT", "POINT", "READ>", "STORED>");
        var disks = Tables.Create("VM", "DISK", "LEVEL", "REASON", "TRANSPORT", "READ>");
        foreach (var vm in report.VirtualMachines)
        {
            vms.Row(
                vm.Name, Outcomes.Text(vm.Outcome), vm.Point ?? "-", Sizes.Text(vm.Disks.Sum(disk => disk.ReadBytes)), Sizes.Text(vm.StoredBytes));
            foreach (var disk in vm.Disks)
            {
                disks.Row(
                    vm.Name, disk.Label, disk.Level.ToString().ToLowerInvariant(), disk.LevelReason, disk.Transport, Sizes.Text(disk.ReadBytes));
            }
        }

        console.Print(vms);
        if (disks.Rows.Count > 0)
        {
            console.WriteLine();
            console.Print(disks);
        }

        foreach (var (vm, disk) in report.VirtualMachines.SelectMany(vm => vm.Disks.Select(disk => (vm, disk))))
        {
            foreach (var line in TransportLines.OfFailures(disk.Transports))
            {
                console.Line($"{vm.Name} / {disk.Label}: {line}");
            }
        }

        Write(console, report.Job, report.Commands);
        foreach (var vm in report.VirtualMachines)
        {
            foreach (var disk in vm.ExcludedDisks)
            {
                console.Line($"{vm.Name} / {disk.Label}: not in this point: {disk.Reason} [{disk.Code}]");
            }

            Write(console, vm.Name, vm.Commands);

            foreach (var note in vm.Notes)
            {
                console.Line($"note: {note}");
            }
        }

        foreach (var warning in report.Warnings.Concat(report.VirtualMachines.SelectMany(vm => vm.Warnings)))
        {
            console.Line($"warning: {warning.Line()}");
        }

        foreach (var vm in report.VirtualMachines.Where(vm => vm.Error is not null))
        {
            console.Line($"error: {vm.Error}");
        }
    }

    static void Write(IAnsiConsole console, string subject, IReadOnlyList<CommandReport> commands)
    {
        foreach (var command in commands)
        {
            console.Line($"{subject}: {command.Step}: {command.Program}: {command.Problem ?? $"exit code {command.ExitCode}"}, {command.Milliseconds} ms");
            foreach (var line in command.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                console.Line($"    {line.TrimEnd()}");
            }
        }
    }
}
