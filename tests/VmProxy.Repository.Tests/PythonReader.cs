using System.Diagnostics;
using System.Text.Json;
using VmProxy.Testing;

namespace VmProxy.Repository.Tests;

/// <summary>tools/read_repository.py, which knows a repository from docs/FORMAT.md alone.</summary>
static class PythonReader
{
    // Debian's interpreter: only it has Debian's packages.
    const string Python = "/usr/bin/python3";

    public static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        return await StartAsync([Path.Combine(RootFolder, "tools", "read_repository.py"), .. arguments]);
    }

    /// <summary>Runs statements that may import the reader's modules.</summary>
    public static Task<(int Code, string Output, string Errors)> ScriptAsync(string script) =>
        StartAsync(["-c", $"import sys; sys.path.insert(0, '{Path.Combine(RootFolder, "tools")}')\n{script}"]);

    static async Task<(int Code, string Output, string Errors)> StartAsync(string[] arguments)
    {
        Tool.Require("python3", "python3-cryptography python3-argon2 python3-zstandard");
        var start = new ProcessStartInfo(Python, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(CancellationToken.None);
        return (process.ExitCode, await output, await errors);
    }

    /// <summary>Has it write out everything and returns the folder, with a folder for each point and in it KEY.raw for each disk.</summary>
    public static async Task<string> EverythingAsync(string store, string target, params string[] options)
    {
        var (code, output, errors) = await RunAsync([store, .. options, "everything", "--to", target]);
        Assert.That((code, errors), Is.EqualTo((0, "")), output);
        return target;
    }

    public static async Task<JsonElement> PointsAsync(string store, params string[] options)
    {
        var (code, output, errors) = await RunAsync([store, .. options, "points", "--json"]);
        Assert.That(code, Is.Zero, errors);
        return JsonDocument.Parse(output).RootElement.GetProperty("points");
    }

    public static string RootFolder
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder.FullName, "VmProxy.sln")))
            {
                folder = folder.Parent ?? throw new DirectoryNotFoundException("No VmProxy.sln above the tests.");
            }

            return folder.FullName;
        }
    }
}
