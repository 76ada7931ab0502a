using System.Diagnostics;
using System.Globalization;

namespace VmProxy.EndToEnd.Tests;

/// <summary>
/// A shell in a mount namespace of its own, where it may mount file systems that nobody else sees and that go with it. Where the kernel
/// allows user namespaces, no root is needed.
/// </summary>
sealed class NamespaceShell : IAsyncDisposable
{
    readonly Process _shell;
    readonly string _scratch;

    NamespaceShell(Process shell, string scratch)
    {
        _shell = shell;
        _scratch = scratch;
    }

    /// <summary>Starts one that puts what its commands print under the path <paramref name="scratch"/>.</summary>
    public static NamespaceShell Start(string scratch)
    {
        Directory.CreateDirectory(scratch);
        var start = new ProcessStartInfo("unshare", ["--map-root-user", "--mount", "/bin/sh"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["DOTNET_ROOT"] = VmproxyProgram.RuntimeFolder;
        return new NamespaceShell(Process.Start(start)!, scratch);
    }

    /// <summary>Runs a command; each argument is one word.</summary>
    public async Task<ChildResult> RunAsync(params string[] command)
    {
        var (output, errors) = (Path.Combine(_scratch, "out"), Path.Combine(_scratch, "err"));
        var words = string.Join(' ', command.Select(Quote));
        var watch = Stopwatch.StartNew();
        await _shell.StandardInput.WriteLineAsync($"{words} >{Quote(output)} 2>{Quote(errors)} </dev/null; echo $?");
        await _shell.StandardInput.FlushAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(5), TimeProvider.System);
        var code = await _shell.StandardOutput.ReadLineAsync(patience.Token) ?? throw new InvalidOperationException("The shell has ended.");
        return new ChildResult(
            int.Parse(code, CultureInfo.InvariantCulture), await File.ReadAllTextAsync(output), await File.ReadAllTextAsync(errors),
            watch.Elapsed, TimeSpan.Zero, 0);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_shell.HasExited)
        {
            _shell.Kill(entireProcessTree: true);
            await _shell.WaitForExitAsync(CancellationToken.None);
        }

        _shell.Dispose();
    }

    static string Quote(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
