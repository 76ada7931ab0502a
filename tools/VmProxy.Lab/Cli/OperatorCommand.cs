using System.CommandLine;
using VmProxy.Lab.Control;

namespace VmProxy.Lab.Cli;

/// <summary>vmproxy-lab operator: what an operator does with the vSphere client.</summary>
internal static class OperatorCommand
{
    public static Command Create(Option<string> lab)
    {
        var name = new Argument<string>("name") { Description = "The snapshot's name or id." };
        var disk = new Argument<int>("disk") { Description = "The disk's number, from 0, or its device key." };
        var size = new Argument<long>("bytes");
        var datastore = new Argument<string>("datastore");
        var enabled = new Argument<bool>("enabled") { Description = "true or false." };
        return new Command("operator", "Does what an operator would do, at once and without a task.")
        {
            Action(lab, "create-snapshot", "Takes a snapshot.", [name], (parsed, command) => command with { Name = parsed.GetRequiredValue(name) }),
            Action(lab, "delete-all-snapshots", "Deletes all snapshots of a VM; false when a disk was locked.", [], (_, command) => command),
            Action(lab, "revert", "Reverts to a snapshot.", [name], (parsed, command) => command with { Name = parsed.GetRequiredValue(name) }),
            Action(
                lab,
                "grow-disk",
                "Grows a disk.",
                [disk, size],
                (parsed, command) => command with { Disk = parsed.GetRequiredValue(disk), Length = parsed.GetRequiredValue(size) }),
            Action(lab, "reset-cbt", "Starts a new epoch of change tracking, as a storage migration does.", [], (_, command) => command),
            Action(lab, "set-cbt", "Switches change tracking.", [enabled], (parsed, command) => command with { Enabled = parsed.GetRequiredValue(enabled) }),
            Action(lab, "set-power", "Switches a VM on or off.", [enabled], (parsed, command) => command with { Enabled = parsed.GetRequiredValue(enabled) }),
            Action(
                lab,
                "relocate",
                "Moves a VM to a datastore, its snapshots with it.",
                [datastore],
                (parsed, command) => command with { Datastore = parsed.GetRequiredValue(datastore) }),
            Action(lab, "detach-foreign-disks", "Detaches the disks of other VMs.", [], (_, command) => command),
        };
    }

    static Command Action(Option<string> lab, string name, string description, Argument[] arguments, Func<ParseResult, LabCommand, LabCommand> fill)
    {
        var vm = new Argument<string>("vm");
        var command = new Command(name, description) { vm };
        foreach (var argument in arguments)
        {
            command.Arguments.Add(argument);
        }

        command.SetAction((parsed, cancellation) => LabClient.RunAsync(parsed.GetValue(lab)!, client =>
            client.PostAsync($"lab/operator/{name}", fill(parsed, new LabCommand { Vm = parsed.GetRequiredValue(vm) }), cancellation)));
        return command;
    }
}
