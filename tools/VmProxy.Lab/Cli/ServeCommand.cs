using System.CommandLine;
using System.Text.Json;

namespace VmProxy.Lab.Cli;

/// <summary>vmproxy-lab serve: runs a lab until it is told to stop.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var config = new Option<FileInfo>("--config") { Description = "The configuration file; paths in it are relative to it.", Required = true };
        var folder = new Option<string?>("--folder") { Description = "Where the lab keeps its files, instead of the configuration's folder." };
        var port = new Option<int?>("--port") { Description = "The loopback port (default: the configuration's, or a free one)." };
        var ready = new Option<string?>("--ready-file") { Description = "Written when the lab serves: its URL and certificate thumbprint as JSON." };
        var command = new Command("serve", "Runs a lab until it is told to stop.") { config, folder, port, ready };
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.GetRequiredValue(config).FullName,
            parsed.GetValue(folder),
            parsed.GetValue(port),
            parsed.GetValue(ready),
            cancellation));
        return command;
    }

    static async Task<int> RunAsync(string config, string? folder, int? port, string? ready, CancellationToken cancellationToken)
    {
        LabServer server;
        try
        {
            var options = await LabOptions.ReadAsync(config, cancellationToken);
            options.Folder = folder is null ? options.Folder : Path.GetFullPath(folder);
            options.ResolvePaths(Path.GetDirectoryName(config)!);
            options.Port = port ?? options.Port;
            server = await LabServer.StartAsync(options, cancellationToken);
        }
        catch (Exception mistake) when (mistake is ArgumentException or IOException or JsonException or InvalidOperationException)
        {
            await Console.Error.WriteLineAsync($"vmproxy-lab: {mistake.Message}");
            return 2;
        }

        await using (server)
        {
            var facts = JsonSerializer.Serialize(new ReadyFile(server.Url, server.Thumbprint, server.Control.DeviceFolder), JsonSerializerOptions.Web);
            if (ready is not null)
            {
                await File.WriteAllTextAsync(ready + ".new", facts, cancellationToken);
                File.Move(ready + ".new", ready, overwrite: true);
            }

            Console.WriteLine(facts);
            var stopped = new TaskCompletionSource();
            await using var registration = cancellationToken.UnsafeRegister(_ => stopped.TrySetResult(), null);
            await stopped.Task;
        }

        return 0;
    }
}

/// <summary>What a lab tells about itself once it serves.</summary>
/// <param name="Url">https://127.0.0.1:PORT/.</param>
/// <param name="Thumbprint">SHA-256 of the certificate.</param>
/// <param name="DeviceFolder">Where disks attached to the proxy VM appear.</param>
internal sealed record ReadyFile(Uri Url, string Thumbprint, string DeviceFolder);
