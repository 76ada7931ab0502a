using System.CommandLine;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy files ls|get</c>: single files of a point.</summary>
static class FilesCommand
{
    public static Command Create(CommandRunner runner) => new("files", "Browse the guest files of a point, and get them back.")
    {
        FilesLsCommand.Create(runner), FilesGetCommand.Create(runner),
    };
}
