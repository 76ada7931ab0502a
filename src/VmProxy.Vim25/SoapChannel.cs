using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;

namespace VmProxy.Vim25;

/// <summary>
/// Sends requests to a vim25 endpoint and keeps the session cookie exactly as the server gave it. Calls may run side by side. It retries
/// nothing and knows no certificates: both are the caller's.
/// </summary>
public sealed class SoapChannel : IDisposable
{
    private const string CookieName = "vmware_soap_session";

    private readonly HttpClient _http;
    private readonly bool _ownsClient;
    private readonly SoapChannelOptions _options;
    private volatile string? _sessionCookie;

    /// <summary>A channel over a handler, which stays the caller's. The handler must not manage cookies itself.</summary>
    /// <param name="sdkUri">The endpoint, such as https://vcenter/sdk.</param>
    /// <param name="handler">Makes the connections; time limits are its own and those of the callers' tokens.</param>
    /// <param name="apiVersion">Version in SOAPAction, such as "6.7".</param>
    public SoapChannel(Uri sdkUri, HttpMessageHandler handler, string apiVersion)
        : this(sdkUri, new HttpClient(handler, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan }, new SoapChannelOptions { ApiVersion = apiVersion }) =>
        _ownsClient = true;

    /// <summary>A channel over a client, which stays the caller's.</summary>
    public SoapChannel(Uri sdkUri, HttpClient http, string apiVersion)
        : this(sdkUri, http, new SoapChannelOptions { ApiVersion = apiVersion })
    {
    }

    /// <summary>A channel over a client, which stays the caller's, with bounds of one's own.</summary>
    public SoapChannel(Uri sdkUri, HttpClient http, SoapChannelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        SdkUri = sdkUri;
        _http = http;
        _options = options;
    }

    /// <summary>The endpoint.</summary>
    public Uri SdkUri { get; }

    /// <summary>
    /// The session cookie as "name=value", quotes and all, or null before the server gave one. The same value opens /folder at that server.
    /// Null forgets the session.
    /// </summary>
    public string? SessionCookie
    {
        get => _sessionCookie;
        set => _sessionCookie = value;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ownsClient)
        {
            _http.Dispose();
        }
    }

    internal Task CallAsync(VimRequest request, CancellationToken cancellationToken) => SendAsync(request, _ => { }, cancellationToken);

    internal async Task<T> CallOneAsync<T>(VimRequest request, Func<VimReader, T> read, CancellationToken cancellationToken)
    {
        var results = await CallListAsync(request, read, cancellationToken).ConfigureAwait(false);
        return results.Count > 0 ? results[0] : throw new VimFormatException(request.OperationName, "The answer holds no result.");
    }

    internal async Task<T?> CallOptionalAsync<T>(VimRequest request, Func<VimReader, T> read, CancellationToken cancellationToken)
    {
        var results = await CallListAsync(request, read, cancellationToken).ConfigureAwait(false);
        return results.Count > 0 ? results[0] : default;
    }

    internal async Task<List<T>> CallListAsync<T>(VimRequest request, Func<VimReader, T> read, CancellationToken cancellationToken)
    {
        var results = new List<T>();
        await SendAsync(request, reader => results.Add(read(reader)), cancellationToken).ConfigureAwait(false);
        return results;
    }

    private async Task SendAsync(VimRequest request, Action<VimReader> result, CancellationToken cancellationToken)
    {
        var operation = request.OperationName;
        using var message = CreateMessage(request);
        try
        {
            using var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            KeepCookie(response);
            RequireSoap(response, operation);
            using var answer = await AnswerBuffer.ReceiveAsync(response.Content, _options.MaxAnswerBytes, operation, cancellationToken).ConfigureAwait(false);
            SoapEnvelope.Read(answer.OpenRead(), operation, result);
        }
        catch (HttpRequestException e)
        {
            throw From(e, operation);
        }
        catch (IOException e)
        {
            throw new VimTransportException(VimErrorCodes.ConnectionLost, operation, $"{operation}: the connection to {SdkUri.Host} broke: {e.Message}", null, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new VimTransportException(VimErrorCodes.ConnectionLost, operation, $"{operation}: {SdkUri.Host} did not answer in time.", null, e);
        }
    }

    private HttpRequestMessage CreateMessage(VimRequest request)
    {
        var content = new ByteArrayContent(SoapEnvelope.Write(request));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse("text/xml; charset=\"utf-8\"");
        var message = new HttpRequestMessage(HttpMethod.Post, SdkUri) { Content = content };
        message.Headers.TryAddWithoutValidation("SOAPAction", $"\"urn:vim25/{_options.ApiVersion}\"");
        if (_sessionCookie is { } cookie)
        {
            message.Headers.TryAddWithoutValidation("Cookie", cookie);
        }

        return message;
    }

    private void KeepCookie(HttpResponseMessage response)
    {
        if (response.Headers.TryGetValues("Set-Cookie", out var cookies)
            && cookies.FirstOrDefault(cookie => cookie.StartsWith(CookieName + "=", StringComparison.Ordinal)) is { } given)
        {
            var value = given.Split(';')[0].TrimEnd();
            _sessionCookie = value is CookieName + "=" or CookieName + "=\"\"" ? null : value;
        }
    }

    /// <summary>Faults come with status 500; any other failure, or a page of a proxy, is not this service.</summary>
    private void RequireSoap(HttpResponseMessage response, string operation)
    {
        var type = response.Content.Headers.ContentType?.MediaType;
        if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.InternalServerError)
            || type is not ("text/xml" or "application/soap+xml" or "application/xml"))
        {
            var status = (int)response.StatusCode;
            throw new VimTransportException(
                VimErrorCodes.HttpStatus, operation, $"{operation}: {SdkUri} answered HTTP {status} with {type ?? "no content type"}, which is no SOAP answer.", status);
        }
    }

    private VimTransportException From(HttpRequestException e, string operation)
    {
        var (code, text) = e switch
        {
            { InnerException: AuthenticationException inner } => (VimErrorCodes.Tls, inner.Message),
            { HttpRequestError: HttpRequestError.SecureConnectionError } => (VimErrorCodes.Tls, e.Message),
            { HttpRequestError: HttpRequestError.ResponseEnded or HttpRequestError.InvalidResponse } => (VimErrorCodes.ConnectionLost, e.Message),
            { InnerException: IOException inner } => (VimErrorCodes.ConnectionLost, inner.Message),
            _ => (VimErrorCodes.Unreachable, e.Message),
        };
        return new VimTransportException(code, operation, $"{operation}: {SdkUri.Host}:{SdkUri.Port}: {text}", (int?)e.StatusCode, e);
    }
}
