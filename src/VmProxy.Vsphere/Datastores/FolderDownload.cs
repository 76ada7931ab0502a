using System.Net;

namespace VmProxy.Vsphere;

/// <summary>
/// GET of a file under /folder with the session's cookie. Names in the inventory are stored escaped (a slash as %2f); they are escaped once more on
/// the way, which is what the server undoes.
/// </summary>
sealed class FolderDownload(VcenterCaller caller, VcenterSession session)
{
    const string Step = "downloading a file";

    public async Task<long> DownloadAsync(
        Datacenter datacenter, string file, Stream target, long maximumBytes, CancellationToken cancellationToken)
    {
        if (!DatastorePath.TryParse(file, out var path))
        {
            throw Failure(
                VsphereErrorCodes.NotFound, file, "it is not of the form [datastore] folder/name.", "Name a file on a datastore.");
        }

        var address = Address(session.Sdk, datacenter, path);
        for (bool renewed = false; ; renewed = true)
        {
            var live = session.Live;
            using var response = await AskAsync(live, address, file, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.Unauthorized && !renewed)
            {
                await session.RenewAsync(live, cancellationToken).ConfigureAwait(false);
                continue;
            }

            Require(response, file);
            return await CopyAsync(response, file, target, maximumBytes, cancellationToken).ConfigureAwait(false);
        }
    }

    internal static Uri Address(Uri sdk, Datacenter datacenter, DatastorePath path)
    {
        string parts = string.Join('/', path.Path.Split('/').Select(Uri.EscapeDataString));
        return new Uri(
            sdk, $"/folder/{parts}?dcPath={Uri.EscapeDataString(datacenter.Path)}&dsName={Uri.EscapeDataString(path.Datastore)}");
    }

    async Task<HttpResponseMessage> AskAsync(LiveSession live, Uri address, string file, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (live.Channel.SessionCookie is { } cookie)
        {
            request.Headers.TryAddWithoutValidation("Cookie", cookie);
        }

        using var limit = new CancellationTokenSource(caller.Options.CallTimeout, caller.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await session.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token).ConfigureAwait(false);
        }
        catch (HttpRequestException exception)
        {
            throw Failure(
                VsphereErrorCodes.Unreachable, file, $"{exception.Message.TrimEnd('.')}.", "Check that the server is up.", exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failure(
                VsphereErrorCodes.Timeout,
                file,
                $"no answer within {caller.Options.CallTimeout}.",
                "Check that the server is up and not overloaded.",
                exception);
        }
    }

    static void Require(HttpResponseMessage response, string file)
    {
        var failure = response.StatusCode switch
        {
            HttpStatusCode.OK => null,
            HttpStatusCode.NotFound => Failure(
                VsphereErrorCodes.NotFound,
                file,
                "the server does not find it.",
                "Refresh the VM's storage facts, or look at the datastore."),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => Failure(
                VsphereErrorCodes.NoPermission,
                file,
                $"the server answers {(int)response.StatusCode}.",
                "Give the user Datastore.Browse and Datastore.FileManagement on the datastore."),
            _ => Failure(
                VsphereErrorCodes.ProtocolError,
                file,
                $"the server answers HTTP {(int)response.StatusCode}.",
                "Look at the server's log; a redirect to another host is not followed."),
        };
        if (failure is not null)
        {
            throw failure;
        }
    }

    async Task<long> CopyAsync(
        HttpResponseMessage response, string file, Stream target, long maximumBytes, CancellationToken cancellationToken)
    {
        long? promised = response.Content.Headers.ContentLength;
        if (promised > maximumBytes)
        {
            throw TooLarge(file, maximumBytes);
        }

        long received = 0;
        byte[] buffer = new byte[81920];
        try
        {
            using var source = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            int count;
            while ((count = await ReadAsync(source, buffer, file, cancellationToken).ConfigureAwait(false)) > 0)
            {
                received += count;
                if (received > maximumBytes)
                {
                    throw TooLarge(file, maximumBytes);
                }

                await target.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            }
        }
        catch (HttpRequestException exception)
        {
            throw Cut(file, received, promised, exception);
        }

        return promised is null || received == promised ? received : throw Cut(file, received, promised, null);
    }

    /// <summary>One read within the time limit of a call: a server may fall silent in the middle.</summary>
    async Task<int> ReadAsync(Stream source, byte[] buffer, string file, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(caller.Options.CallTimeout, caller.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await source.ReadAsync(buffer, both.Token).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            throw Failure(
                VsphereErrorCodes.Unreachable, file, $"the connection broke: {exception.Message.TrimEnd('.')}.", "Run again.", exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failure(
                VsphereErrorCodes.Timeout,
                file,
                $"nothing more came within {caller.Options.CallTimeout}.",
                "Check that the server is up and not overloaded.",
                exception);
        }
    }

    static VsphereException Cut(string file, long received, long? promised, Exception? cause)
        => Failure(VsphereErrorCodes.Unreachable, file, $"only {received} of {promised} bytes came.", "Run again.", cause);

    static VsphereException TooLarge(string file, long maximumBytes)
        => Failure(VsphereErrorCodes.FileTooLarge, file, $"it is larger than {maximumBytes} bytes.", "Look at what the file is.");

    static VsphereException Failure(
        string code, string file, string reason, string next, Exception? cause = null) => new(code, file, Step, reason, next, cause);
}
