using System.Diagnostics;

namespace VmProxy.Lab.Guest;

/// <summary>Real ext4 file systems, made and changed by e2fsprogs without root.</summary>
internal static class Ext4
{
    static readonly string[] ProgramFolders = ["/usr/sbin", "/sbin", "/usr/bin"];

    /// <summary>Makes a file system that fills the disk and holds a copy of a folder.</summary>
    public static async Task MakeAsync(string image, long size, string tree, CancellationToken cancellationToken)
    {
        await using (var file = new FileStream(image, FileMode.CreateNew))
        {
            file.SetLength(size);
        }

        await RunAsync("mke2fs", ["-q", "-F", "-t", "ext4", "-E", "lazy_itable_init=1,nodiscard", "-d", tree, image], cancellationToken);
    }

    /// <summary>Runs debugfs commands, one a line, on an image.</summary>
    public static async Task ChangeAsync(string image, string commands, CancellationToken cancellationToken)
    {
        var script = image + ".debugfs";
        await File.WriteAllTextAsync(script, commands.ReplaceLineEndings("\n") + "\n", cancellationToken);
        try
        {
            var errors = await RunAsync("debugfs", ["-w", "-f", script, image], cancellationToken);
            var real = errors.Split('\n').Where(line => line.Length > 0 && !line.StartsWith("debugfs ", StringComparison.Ordinal)).ToArray();
            if (real.Length > 0)
            {
                throw new InvalidOperationException($"debugfs refused: {string.Join("; ", real)}");
            }
        }
        finally
        {
            File.Delete(script);
        }
    }

    static async Task<string> RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        var path = ProgramFolders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"The lab needs {program} (Debian package e2fsprogs).");
        using var process = Process.Start(new ProcessStartInfo(path, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = await process.StandardError.ReadToEndAsync(cancellationToken);
        await output;
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0 ? errors : throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {errors}");
    }
}
