using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Polly;
using Polly.Timeout;
using VmProxy.Engine;
using VmProxy.Engine.Configuration;

namespace VmProxy.Service.Notifications;

/// <summary>
/// Tells a program over HTTP: a POST of the JSON document. With a secret, <c>X-VmProxy-Signature: sha256=…</c> is the HMAC-SHA-256 of the time in
/// <c>X-VmProxy-Timestamp</c> (seconds since 1970), a dot and the body, so that nobody can make one up or send one again much later.
/// </summary>
sealed class WebhookChannel(WebhookSettings settings, HttpClient http, TimeProvider time) : INoticeChannel
{
    readonly ResiliencePipeline _policy = SendPolicy.Create(settings.Timeout, time, MayPass);

    public string Name => $"webhook:{settings.Name}";

    public bool Wants(NoticeKind kind) => settings.Events.Contains(kind);

    public async Task SendAsync(NoticeDocument notice, CancellationToken cancellationToken)
    {
        var body = Encoding.UTF8.GetBytes(notice.ToJson());
        try
        {
            await _policy.ExecuteAsync(async token => await PostAsync(body, token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException or TimeoutRejectedException)
        {
            // The address may carry a token: the name says enough.
            throw new NoticeNotTakenException(exception.Message, exception);
        }
    }

    /// <summary>The signature of a body that is sent at a time.</summary>
    internal static string Sign(ReadOnlySpan<byte> secret, string timestamp, ReadOnlySpan<byte> body) =>
        $"sha256={Convert.ToHexStringLower(HMACSHA256.HashData(secret, [.. Encoding.ASCII.GetBytes($"{timestamp}."), .. body]))}";

    async Task PostAsync(byte[] body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, settings.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json") { CharSet = "utf-8" };
        request.Headers.UserAgent.ParseAdd($"vmproxy/{ProgramVersion.Text.Split('+')[0]}");
        var timestamp = time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        request.Headers.Add("X-VmProxy-Timestamp", timestamp);
        if (settings.Secret is { } secret)
        {
            request.Headers.Add("X-VmProxy-Signature", Sign(secret.RevealBytes(), timestamp, body));
        }

        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            throw new HttpRequestException(HttpRequestError.InvalidResponse, $"it answers HTTP {(int)response.StatusCode}", statusCode: response.StatusCode);
        }
    }

    /// <summary>A receiver that says what is wrong with the request will say so again.</summary>
    static bool MayPass(Exception exception) => exception is TimeoutRejectedException
        or HttpRequestException { StatusCode: null or >= HttpStatusCode.InternalServerError or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests };
}
