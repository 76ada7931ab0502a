using System.CommandLine;

namespace VmProxy.Lab.Cli;

/// <summary>The commands of vmproxy-lab: one that serves, the others drive a lab that runs.</summary>
internal static class LabCommands
{
    public static RootCommand Create()
    {
        var lab = new Option<string>("--lab")
        {
            Description = "The ready file of the lab to drive (default: the environment variable VMPROXY_LAB).",
            Recursive = true,
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable("VMPROXY_LAB") ?? "",
        };
        return new RootCommand("A simulated vCenter or ESXi host with real disks.")
        {
            lab,
            ServeCommand.Create(),
            GuestCommand.Create(lab),
            FaultsCommand.Create(lab),
            OperatorCommand.Create(lab),
            Printing("snapshots", "Prints every snapshot that ever was, with the SHA-256 of its disks.", lab, "lab/snapshots"),
            Printing("state", "Prints the snapshots, disks and free space of this moment.", lab, "lab/state"),
        };
    }

    static Command Printing(string name, string description, Option<string> lab, string path)
    {
        var command = new Command(name, description);
        command.SetAction((parsed, cancellation) => LabClient.RunAsync(parsed.GetValue(lab)!, client => client.PrintAsync(path, cancellation)));
        return command;
    }
}
