using System.Text;
using CliWrap;

namespace VmProxy.Testing;

/// <summary>Programs of the operating system that tests run as judges. A missing one fails the test: nothing is skipped.</summary>
public static class Tool
{
    /// <summary>Full path of a program, or a failed test that says which Debian package to install.</summary>
    public static string Require(string program, string package)
    {
        string[] folders = [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'), "/usr/sbin", "/sbin", "/usr/bin"];
        return folders.Select(folder => System.IO.Path.Combine(folder, program)).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"The test needs '{program}' (Debian package {package}); tools/test.sh installs it.");
    }

    /// <summary>Runs a program to its end and returns what it printed; a non-zero exit throws with its standard error.</summary>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken = default)
    {
        var output = new StringBuilder();
        var errors = new StringBuilder();
        var result = await Cli.Wrap(program)
            .WithArguments(arguments)
            .WithValidation(CommandResultValidation.None)
            .WithStandardOutputPipe(PipeTarget.ToStringBuilder(output))
            .WithStandardErrorPipe(PipeTarget.ToStringBuilder(errors))
            .ExecuteAsync(cancellationToken);
        return result.ExitCode == 0
            ? output.ToString()
            : throw new InvalidOperationException($"{program} ended with {result.ExitCode}: {errors}{output}");
    }
}
