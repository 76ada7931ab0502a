using VmProxy.Engine.Failures;
using VmProxy.GuestFiles;

namespace VmProxy.Engine.Files;

/// <summary>What is wrong on a guest's disk, as a failure that also says what to do next.</summary>
static class GuestAdvice
{
    const string WholeDisk = "Take the whole disk (restore disk, serve-disk)";

    /// <summary>The failure. Names are exact, also those that would steer a terminal: who prints it makes it harmless.</summary>
    /// <param name="exception">What the reader said.</param>
    /// <param name="obj">The object in hand, for subjects without a name, such as a root.</param>
    /// <param name="step">The step in hand.</param>
    public static Failure Failure(GuestFileException exception, string obj, string step) => new(
        exception.Code, exception.Subject.Length > 0 ? exception.Subject : obj, step, exception.Message, Next(exception.Code));

    /// <summary>What to do about a code; empty when there is nothing.</summary>
    public static string Next(string code) => code switch
    {
        GuestFileErrorCodes.NotFound => "Look for it with ls: without a path it lists the volumes, with VOLUME:/path a directory.",
        GuestFileErrorCodes.Ambiguous => "Write the volume before the path: VOLUME:/path.",
        GuestFileErrorCodes.NotAFile => "Name a file; ls lists a directory.",
        GuestFileErrorCodes.NotADirectory => "Name a directory.",
        GuestFileErrorCodes.LinkLoop => "Look at the links on the way with ls, and name the file itself.",
        GuestFileErrorCodes.Encrypted => $"{WholeDisk}, and open it where its key is.",
        GuestFileErrorCodes.Unsupported => $"{WholeDisk}, and read it with the system that made it.",
        GuestFileErrorCodes.Deduplicated => $"{WholeDisk}, and read it with a Windows Server that has data deduplication.",
        GuestFileErrorCodes.CloudPlaceholder => "Get it from the cloud that keeps it.",
        GuestFileErrorCodes.Damaged => $"Try an older point; verify tells whether this one is as it was written. {WholeDisk} to repair it.",
        _ => "",
    };
}
