using System.CommandLine;
using System.Globalization;
using VmProxy.Lab.Control;

namespace VmProxy.Lab.Cli;

/// <summary>vmproxy-lab guest: what runs inside a VM.</summary>
internal static class GuestCommand
{
    const string Unit = " bytes written";

    public static Command Create(Option<string> lab)
    {
        var vm = new Argument<string>("vm");
        var disk = new Option<int>("--disk") { Description = "The disk's number, from 0, or its device key." };
        var script = new Option<FileInfo?>("--script") { Description = "A file of debugfs commands for the disk's ext4 file system." };
        var commands = new Option<string[]>("--run") { Description = "A debugfs command, such as 'write /etc/hostname hosts'. May be repeated." };
        var write = new Option<string[]>("--write") { Description = "OFFSET:LENGTH:SEED, pseudo-random bytes to write. May be repeated." };
        var command = new Command("guest", "Lets the guest change files or write to a disk; prints the bytes written.") { vm, disk, script, commands, write };
        command.SetAction((parsed, cancellation) => LabClient.RunAsync(parsed.GetValue(lab)!, async client =>
        {
            var target = new LabCommand { Vm = parsed.GetRequiredValue(vm), Disk = parsed.GetValue(disk) };
            var lines = (parsed.GetValue(commands) ?? []).ToList();
            if (parsed.GetValue(script) is { } file)
            {
                lines.Insert(0, await File.ReadAllTextAsync(file.FullName, cancellation));
            }

            if (lines.Count > 0)
            {
                await client.PostAsync("lab/guest/files", target with { Commands = string.Join('\n', lines) }, cancellation, Unit);
            }

            foreach (var stretch in parsed.GetValue(write) ?? [])
            {
                await client.PostAsync("lab/guest/write", Stretch(target, stretch), cancellation, Unit);
            }
        }));
        return command;
    }

    static LabCommand Stretch(LabCommand target, string text)
    {
        var parts = text.Split(':');
        return parts.Length == 3
            && long.TryParse(parts[0], CultureInfo.InvariantCulture, out var offset)
            && long.TryParse(parts[1], CultureInfo.InvariantCulture, out var length)
            && int.TryParse(parts[2], CultureInfo.InvariantCulture, out var seed)
                ? target with { Offset = offset, Length = length, Seed = seed }
                : throw new IOException($"'{text}' is not OFFSET:LENGTH:SEED.");
    }
}
