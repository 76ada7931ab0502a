using System.Net;
using System.Text;
using VmProxy.Lab.Model;
using VmProxy.Lab.Soap;

namespace VmProxy.Lab.Files;

/// <summary>/folder: datastore files over HTTPS, for a logged-in session or with basic authentication.</summary>
internal sealed class FolderEndpoint(LabState server)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/folder/{**path}", ["GET", "HEAD"], HandleAsync);
        routes.MapMethods("/folder", ["GET", "HEAD"], HandleAsync);
    }

    async Task HandleAsync(HttpContext http)
    {
        if (!IsAllowed(http.Request))
        {
            http.Response.Headers.WWWAuthenticate = "Basic realm=\"VMware HTTP server\"";
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        if (server.Options.MissingPrivileges.Contains("Datastore.Browse"))
        {
            http.Response.StatusCode = StatusCodes.Status403Forbidden;
        }
        else if (Find(http.Request) is not { } place)
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
        }
        else if (Directory.Exists(place))
        {
            await ListAsync(http, place);
        }
        else if (IsLocked(place))
        {
            // A running VM holds its whole chain locked, the frozen base too.
            http.Response.StatusCode = StatusCodes.Status500InternalServerError;
        }
        else if (File.Exists(place))
        {
            await SendAsync(http, place);
        }
        else
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
        }
    }

    bool IsAllowed(HttpRequest request)
    {
        if (server.Sessions.Find(request.Cookies[SessionTable.CookieName]) is not null)
        {
            return true;
        }

        var header = request.Headers.Authorization.ToString();
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var bytes = new byte[header.Length];
        return Convert.TryFromBase64String(header["Basic ".Length..].Trim(), bytes, out var count)
            && Encoding.UTF8.GetString(bytes, 0, count).Split(':', 2) is [var user, var password]
            && server.Sessions.PasswordIsRight(user, password);
    }

    /// <summary>The place on the lab's machine; some servers want the query's values encoded twice, so both forms are understood.</summary>
    string? Find(HttpRequest request)
    {
        var (datacenter, datastore) = (request.Query["dcPath"].ToString(), request.Query["dsName"].ToString());
        return (datacenter == server.DatacenterName || WebUtility.UrlDecode(datacenter) == server.DatacenterName)
            && (Resolve(datastore) ?? Resolve(WebUtility.UrlDecode(datastore))) is { } place
                ? place
                : null;

        string? Resolve(string name) => DatastorePaths.Resolve(server.Inventory, name, (string?)request.RouteValues["path"] ?? "")?.Path;
    }

    bool IsLocked(string place)
    {
        lock (server.Inventory.Gate)
        {
            return server.Inventory.Vms.Exists(vm =>
                vm.PowerState == "poweredOn" && vm.Disks.Exists(disk => disk.Tree?.Layers.Any(layer => layer.Files.ExtentPath == place) == true));
        }
    }

    static Task ListAsync(HttpContext http, string folder)
    {
        var names = new DirectoryInfo(folder).EnumerateFileSystemInfos()
            .Select(entry => WebUtility.HtmlEncode(entry is DirectoryInfo ? entry.Name + "/" : entry.Name))
            .Order(StringComparer.Ordinal)
            .Select(name => $"<tr><td><a href=\"{name}\">{name}</a></td></tr>");
        http.Response.ContentType = "text/html";
        return http.Response.WriteAsync($"<html><body><table>{string.Concat(names)}</table></body></html>", http.RequestAborted);
    }

    async Task SendAsync(HttpContext http, string place)
    {
        if (server.Faults.Take(FaultNames.TruncateDownload) is not null)
        {
            http.Response.ContentLength = new FileInfo(place).Length + 1;
            await http.Response.SendFileAsync(place, http.RequestAborted);
            http.Abort();
            return;
        }

        await Results.File(place, "application/octet-stream", enableRangeProcessing: true).ExecuteAsync(http);
    }
}
