using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using VmProxy.Lab.Control;

namespace VmProxy.Lab.Cli;

/// <summary>Talks to the control interface of a running lab.</summary>
internal sealed class LabClient : IDisposable
{
    static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    readonly HttpClient _http;

    LabClient(ReadyFile lab)
    {
        var expected = lab.Thumbprint.Replace(":", "", StringComparison.Ordinal);
        _http = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.GetCertHashString(HashAlgorithmName.SHA256) == expected },
        })
        {
            BaseAddress = lab.Url,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Runs a command against the lab that a ready file describes; a mistake is printed and gives exit code 1 or 2.</summary>
    public static async Task<int> RunAsync(string readyFile, Func<LabClient, Task> command)
    {
        if (readyFile.Length == 0)
        {
            await Console.Error.WriteLineAsync("vmproxy-lab: name the lab with --lab FILE or VMPROXY_LAB (the ready file of 'serve').");
            return 2;
        }

        try
        {
            var facts = JsonSerializer.Deserialize<ReadyFile>(await File.ReadAllTextAsync(readyFile), JsonSerializerOptions.Web)!;
            using var client = new LabClient(facts);
            await command(client);
            return 0;
        }
        catch (Exception mistake) when (mistake is IOException or HttpRequestException or JsonException)
        {
            await Console.Error.WriteLineAsync($"vmproxy-lab: {mistake.Message}");
            return 1;
        }
    }

    public async Task PrintAsync(string path, CancellationToken cancellationToken)
    {
        var answer = await _http.GetFromJsonAsync<JsonElement>(path, cancellationToken);
        Console.WriteLine(JsonSerializer.Serialize(answer, Indented));
    }

    public async Task PostAsync(string path, LabCommand command, CancellationToken cancellationToken, string unit = "")
    {
        using var response = await _http.PostAsJsonAsync(path, command, cancellationToken);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            throw new HttpRequestException(answer.TryGetProperty("error", out var error) ? error.GetString() : answer.ToString());
        }

        Console.WriteLine($"{answer.GetProperty("result")}{unit}");
    }
}
