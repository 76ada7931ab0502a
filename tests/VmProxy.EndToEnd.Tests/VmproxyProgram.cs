using System.Diagnostics;

namespace VmProxy.EndToEnd.Tests;

/// <summary>The real executable, built beside this assembly.</summary>
static class VmproxyProgram
{
    /// <summary>Full path of <c>vmproxy</c>, of the same build configuration as the tests.</summary>
    public static string Path { get; } = Find();

    /// <summary>The installation of the runtime that runs the tests, for the variable <c>DOTNET_ROOT</c>.</summary>
    public static string RuntimeFolder { get; } = new FileInfo(typeof(object).Assembly.Location).Directory!.Parent!.Parent!.Parent!.FullName;

    /// <summary>
    /// Starts it, or starts <paramref name="through"/> (a program and its arguments) that runs it.
    /// </summary>
    public static ChildProcess Start(IEnumerable<string> arguments, IReadOnlyList<string>? through = null, params (string Name, string Value)[] environment)
    {
        string[] command = [.. through ?? [], Path, .. arguments];
        var start = new ProcessStartInfo(command[0], command.Skip(1));
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return ChildProcess.Start(start);
    }

    static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        var path = System.IO.Path.Combine(folder.Parent!.Parent!.FullName, "VmProxy.Cli", folder.Name, "vmproxy");
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is not there: build src/VmProxy.Cli.");
    }
}
