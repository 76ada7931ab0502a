using System.CommandLine;

namespace VmProxy.Cli;

/// <summary>The options that every command has.</summary>
sealed class GlobalOptions
{
    public Option<string?> Config { get; } = new("--config")
    {
        Description = "Configuration file (default: appsettings.json here, then /etc/vmproxy/appsettings.json).",
        HelpName = "FILE",
        Recursive = true,
    };

    public Option<string?> PaperKey { get; } = new("--paper-key")
    {
        Description = "Open the repository with a paper key in place of the configured key: file:PATH or env:NAME.",
        HelpName = "SECRET",
        Recursive = true,
    };

    public Option<bool> Json { get; } = new("--json")
    {
        Description = "Print the result as one JSON document.",
        Recursive = true,
    };

    public void AddTo(RootCommand root)
    {
        root.Options.Add(Config);
        root.Options.Add(PaperKey);
        root.Options.Add(Json);
    }
}
