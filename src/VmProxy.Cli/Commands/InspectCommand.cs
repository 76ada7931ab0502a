using System.CommandLine;
using VmProxy.Engine.Files;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy inspect disk</c>: the rescue tool. It needs no vCenter, no repository and no configuration.</summary>
static class InspectCommand
{
    public static Command Create(CommandRunner runner, GlobalOptions globals) => new("inspect", "Look into disks without vCenter, repository or configuration.")
    {
        Disk(runner, globals),
    };

    static Command Disk(CommandRunner runner, GlobalOptions globals)
    {
        var image = new Argument<string>("IMAGE") { Description = "A raw image, a VMDK (its descriptor where that is a file of its own), or a block device." };
        var command = new Command("disk", "Look into a disk image or block device. It is only read.") { image };
        command.Add(Layout(runner, globals, image));
        command.Add(Ls(runner, globals, image));
        command.Add(Cat(runner, image));
        return command;
    }

    static Command Layout(CommandRunner runner, GlobalOptions globals, Argument<string> image)
    {
        var command = new Command("layout", "Show partitions, logical volumes and what they hold.");
        SetAction(runner, command, image, (browser, parsed, _) => Task.FromResult(FilesLsCommand.Volumes(Output(runner, globals, parsed), browser)));
        return command;
    }

    static Command Ls(CommandRunner runner, GlobalOptions globals, Argument<string> image)
    {
        var path = FilesLsCommand.PathArgument("the root of the only volume is listed, or the volumes where there are several.");
        var recursive = FilesLsCommand.Recursive();
        var command = new Command("ls", "List files. Example: vmproxy inspect disk web01.img ls p2:/etc") { path, recursive };
        SetAction(runner, command, image, async (browser, parsed, cancellationToken) =>
        {
            var output = Output(runner, globals, parsed);
            return parsed.GetValue(path) is null && browser.HasSeveral
                ? FilesLsCommand.Volumes(output, browser)
                : await FilesLsCommand.ListAsync(output, browser, parsed.GetValue(path) ?? "/", parsed.GetValue(recursive), cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    static Command Cat(CommandRunner runner, Argument<string> image)
    {
        var path = new Argument<string>("PATH") { Description = "VOLUME:/path, or a path alone where only one volume has it; there are no wildcards. FILE:STREAM names a stream of NTFS." };
        var command = new Command("cat", "Write the bytes of a file to standard output. Example: vmproxy inspect disk web01.img cat p2:/etc/fstab") { path };
        SetAction(runner, command, image, async (browser, parsed, cancellationToken) =>
        {
            var output = runner.Terminal.OpenBinaryOutput();
            await using (output.ConfigureAwait(false))
            {
                await browser.CatAsync(parsed.GetRequiredValue(path), output, cancellationToken).ConfigureAwait(false);
            }

            return ExitCodes.Done;
        });
        return command;
    }

    static CommandOutput Output(CommandRunner runner, GlobalOptions globals, ParseResult parsed) => new(runner.Terminal, parsed.GetValue(globals.Json));

    static void SetAction(
        CommandRunner runner, Command command, Argument<string> image, Func<GuestBrowser, ParseResult, CancellationToken, Task<int>> body) =>
        runner.SetBareAction(command, async (parsed, cancellationToken) =>
        {
            var volumes = await ImageVolumes.OpenAsync(parsed.GetRequiredValue(image), cancellationToken).ConfigureAwait(false);
            await using (volumes.ConfigureAwait(false))
            {
                return await body(volumes.Browser, parsed, cancellationToken).ConfigureAwait(false);
            }
        });
}
