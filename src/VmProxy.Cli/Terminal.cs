using Spectre.Console;

namespace VmProxy.Cli;

/// <summary>Where a command prints: results on standard output, everything else on standard error.</summary>
sealed class Terminal
{
    /// <summary>Wide enough that no value of a table is wrapped or cut when a script reads it.</summary>
    const int WidthOfAPipe = 400;

    public Terminal(TextWriter output, TextWriter errors, bool outputRedirected, bool errorsRedirected, Func<Stream> openBinaryOutput)
    {
        OpenBinaryOutput = openBinaryOutput;
        Output = output;
        Errors = errors;
        OutputConsole = Console(output, outputRedirected);
        ErrorConsole = Console(errors, errorsRedirected);
        ShowsProgress = !errorsRedirected;
    }

    public TextWriter Output { get; }

    public TextWriter Errors { get; }

    /// <summary>Standard output as bytes: for contents of files, archives, and listings too long for text writers. The caller disposes it.</summary>
    public Func<Stream> OpenBinaryOutput { get; }

    public IAnsiConsole OutputConsole { get; }

    public IAnsiConsole ErrorConsole { get; }

    public bool ShowsProgress { get; }

    /// <summary>Whether somebody sits there who can answer.</summary>
    public bool CanAsk => ShowsProgress && !System.Console.IsInputRedirected;

    static IAnsiConsole Console(TextWriter writer, bool redirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
        });
        if (redirected)
        {
            console.Profile.Width = WidthOfAPipe;
        }

        return console;
    }
}
