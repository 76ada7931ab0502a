using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace VmProxy.Vsphere;

/// <summary>A login to vCenter's REST service, over the same checked connections as the SOAP session; it is ended when disposed.</summary>
sealed class RestSession : IAsyncDisposable
{
    const string Step = "reading tags";
    const string SessionHeader = "vmware-api-session-id";
    const string SessionPath = "com/vmware/cis/session";
    const int LargestAnswer = 64 << 20;

    static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    readonly VcenterCaller _caller;
    readonly VcenterSession _session;
    string _id = "";

    RestSession(VcenterCaller caller, VcenterSession session) => (_caller, _session) = (caller, session);

    public static async Task<RestSession> OpenAsync(VcenterCaller caller, VcenterSession session, CancellationToken cancellationToken)
    {
        var rest = new RestSession(caller, session);
        var login = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{caller.Options.User}:{caller.Options.Password}"));
        rest._id = await rest.SendAsync(
            () => new HttpRequestMessage(HttpMethod.Post, rest.Address(SessionPath)) { Headers = { Authorization = new AuthenticationHeaderValue("Basic", login) } },
            RestJson.Default.RestValueString, cancellationToken).ConfigureAwait(false) ?? "";
        return rest;
    }

    /// <summary>What a path answers; null where there is no such thing.</summary>
    public Task<T?> GetAsync<T>(string path, JsonTypeInfo<RestValue<T>> type, CancellationToken cancellationToken) =>
        SendAsync(() => new HttpRequestMessage(HttpMethod.Get, Address(path)), type, cancellationToken);

    /// <summary>The answer to a question that needs a body.</summary>
    public Task<TAnswer?> PostAsync<TQuestion, TAnswer>(
        string path, TQuestion question, JsonTypeInfo<TQuestion> questionType, JsonTypeInfo<RestValue<TAnswer>> type, CancellationToken cancellationToken) =>
        SendAsync(
            () => new HttpRequestMessage(HttpMethod.Post, Address(path))
            {
                Content = new StringContent(JsonSerializer.Serialize(question, questionType), Encoding.UTF8, "application/json"),
            },
            type, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(Farewell, _caller.Time);
        try
        {
            await SendAsync(() => new HttpRequestMessage(HttpMethod.Delete, Address(SessionPath)), RestJson.Default.RestValueString, patience.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is VsphereException or OperationCanceledException)
        {
            // The server ends an abandoned session by itself.
            Log.LogoutFailed(_caller.Logger, _caller.Options.Name, exception.Message);
        }
    }

    async Task<T?> SendAsync<T>(Func<HttpRequestMessage> create, JsonTypeInfo<RestValue<T>> type, CancellationToken cancellationToken)
    {
        using var request = create();
        if (_id.Length > 0)
        {
            request.Headers.TryAddWithoutValidation(SessionHeader, _id);
        }

        using var limit = new CancellationTokenSource(_caller.Options.CallTimeout, _caller.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var response = await _session.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.NotFound && request.Method == HttpMethod.Get && _id.Length > 0)
            {
                return default;
            }

            Require(response);
            await response.Content.LoadIntoBufferAsync(LargestAnswer, both.Token).ConfigureAwait(false);
            var body = await response.Content.ReadAsByteArrayAsync(both.Token).ConfigureAwait(false);
            return body.Length == 0 || JsonSerializer.Deserialize(body, type) is not { } answer ? default : answer.Value;
        }
        catch (HttpRequestException exception)
        {
            throw Failure(VsphereErrorCodes.Unreachable, $"{exception.Message.TrimEnd('.')}.", "Check that the server is up, and its vAPI endpoint.", exception);
        }
        catch (JsonException exception)
        {
            throw Failure(VsphereErrorCodes.ProtocolError, "the answer is not what vCenter's REST service gives.", "Check that the address is that of a vCenter.", exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failure(VsphereErrorCodes.Timeout, $"no answer within {_caller.Options.CallTimeout}.", "Check that the server is up and not overloaded.", exception);
        }
    }

    void Require(HttpResponseMessage response)
    {
        var failure = response.StatusCode switch
        {
            >= HttpStatusCode.OK and < HttpStatusCode.Ambiguous => null,
            HttpStatusCode.Unauthorized => Failure(VsphereErrorCodes.LoginFailed, "the REST service refuses the login.", "Check user and password."),
            HttpStatusCode.Forbidden => Failure(VsphereErrorCodes.NoPermission, "the user may not read tags.", "Give the user System.Read where the VMs are."),
            HttpStatusCode.NotFound => Failure(
                VsphereErrorCodes.NotSupported, "the server has no tagging service.", "Only a vCenter has tags: select by name, folder or attribute instead."),
            _ => Failure(VsphereErrorCodes.ProtocolError, $"the REST service answers HTTP {(int)response.StatusCode}.", "Look at the server's vAPI endpoint log."),
        };
        if (failure is not null)
        {
            throw failure;
        }
    }

    Uri Address(string path) => new(_session.Sdk, $"/rest/{path}");

    VsphereException Failure(string code, string reason, string next, Exception? cause = null) => new(code, _caller.Options.Name, Step, reason, next, cause);
}
