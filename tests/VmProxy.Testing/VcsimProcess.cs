using System.Diagnostics;
using System.Text.Json;

namespace VmProxy.Testing;

/// <summary>
/// govmomi's vCenter simulator as a process of one test: a server that this project did not write. Built once from Debian's packages and kept under
/// artifacts/vcsim. It ends with the test, also when the test dies: its standard input closes.
/// </summary>
public sealed class VcsimProcess : IAsyncDisposable
{
    public const string User = "administrator@vsphere.local";
    public const string Password = "vcsim-password";

    static readonly SemaphoreSlim Building = new(1, 1);

    readonly Process _process;

    VcsimProcess(Process process, Announcement announcement)
    {
        _process = process;
        Url = new Uri(announcement.Url);
        Sha256 = announcement.Sha256;
        Sha1 = announcement.Sha1;
        CertificatePem = announcement.Pem;
    }

    /// <summary>Address of its SOAP service, at a free port of loopback.</summary>
    public Uri Url { get; }

    /// <summary>SHA-256 of its certificate, hex digits.</summary>
    public string Sha256 { get; }

    /// <summary>SHA-1 of its certificate, hex digits.</summary>
    public string Sha1 { get; }

    /// <summary>Its certificate, which is its own authority.</summary>
    public string CertificatePem { get; }

    /// <summary>Starts one; <paramref name="arguments"/> are those of tools/vcsim, for example <c>-machines 5000</c>.</summary>
    public static async Task<VcsimProcess> StartAsync(IEnumerable<string> arguments, CancellationToken cancellationToken = default)
    {
        string program = await BuildAsync(cancellationToken);
        var start = new ProcessStartInfo(program, ["-user", User, "-password", Password, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        process.BeginErrorReadLine();
        try
        {
            string? line = await process.StandardOutput.ReadLineAsync(cancellationToken);
            var announcement = line is null ? null : JsonSerializer.Deserialize<Announcement>(line, JsonSerializerOptions.Web);
            return new VcsimProcess(process, announcement ?? throw new InvalidOperationException($"{program} ended before it served."));
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        using (_process)
        {
            _process.StandardInput.Close();
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
            }
        }
    }

    static async Task<string> BuildAsync(CancellationToken cancellationToken)
    {
        string root = RepositoryFolder();
        string sources = Path.Combine(root, "tools", "vcsim");
        string program = Path.Combine(root, "artifacts", "vcsim", "vcsim");
        await Building.WaitAsync(cancellationToken);
        try
        {
            if (!File.Exists(program)
                || Directory.EnumerateFiles(sources).Any(file => File.GetLastWriteTimeUtc(file) > File.GetLastWriteTimeUtc(program)))
            {
                Tool.Require("go", "golang-go");
                await Tool.RunAsync("/bin/sh", [Path.Combine(sources, "build.sh"), program], cancellationToken);
            }
        }
        finally
        {
            Building.Release();
        }

        return program;
    }

    static string RepositoryFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "VmProxy.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds VmProxy.sln.");
    }

    sealed record Announcement(string Url, string Sha256, string Sha1, string Pem);
}
