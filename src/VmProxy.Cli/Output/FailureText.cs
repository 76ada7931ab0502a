using VmProxy.Engine.Failures;
using VmProxy.Engine.Files.Targets;

namespace VmProxy.Cli.Output;

/// <summary>Failures as they are printed for people.</summary>
static class FailureText
{
    /// <summary>One line that a terminal shows and does not obey: a failure can quote names that a guest chose.</summary>
    public static string Line(this Failure failure) => SafeNames.Printable(failure.ToString());
}
