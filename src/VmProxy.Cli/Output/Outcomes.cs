using VmProxy.Engine.Backup;

namespace VmProxy.Cli.Output;

/// <summary>Outcomes as words and exit codes.</summary>
static class Outcomes
{
    public static int ExitCode(Outcome outcome) => outcome switch
    {
        Outcome.Done => ExitCodes.Done,
        Outcome.Warning => ExitCodes.Warnings,
        _ => ExitCodes.Failed,
    };

    public static string Text(Outcome outcome) => outcome switch
    {
        Outcome.Done => "done",
        Outcome.Warning => "warning",
        _ => "FAILED",
    };
}
