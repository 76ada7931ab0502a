using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using VmProxy.Lab.Control;
using VmProxy.Lab.Files;
using VmProxy.Lab.Model;
using VmProxy.Lab.Soap;

namespace VmProxy.Lab;

/// <summary>
/// A simulated vCenter or ESXi host with real disks, in this process. Many can run at once; each keeps to its own folder and port.
/// </summary>
public sealed class LabServer : IAsyncDisposable
{
    static readonly TimeSpan ShutdownTime = TimeSpan.FromMilliseconds(200);

    readonly WebApplication _web;
    readonly LabState _state;
    readonly LabCertificate _certificate;

    LabServer(WebApplication web, LabState state, LabCertificate certificate)
    {
        _web = web;
        _state = state;
        _certificate = certificate;
        Control = new LabControl(state);
        Url = new Uri(web.Urls.First().Replace("[::]", "localhost", StringComparison.Ordinal));
    }

    /// <summary>https://127.0.0.1:PORT/ of the server; the service is at /sdk.</summary>
    public Uri Url { get; }

    /// <summary>SHA-256 of the server's certificate, as pairs of upper-case digits joined by colons.</summary>
    public string Thumbprint => _certificate.Thumbprint;

    /// <summary>What tests and scripts do behind the server's back.</summary>
    public LabControl Control { get; }

    /// <summary>Makes the inventory and its disks under the options' folder, and serves them.</summary>
    /// <exception cref="ArgumentException">The options are wrong.</exception>
    /// <exception cref="IOException">The folder is in use already.</exception>
    public static async Task<LabServer> StartAsync(LabOptions options, CancellationToken cancellationToken = default)
    {
        OptionsCheck.Require(options);
        options.Folder = Path.GetFullPath(options.Folder);
        if (Directory.Exists(Path.Combine(options.Folder, "datastores")))
        {
            throw new IOException($"{options.Folder} holds the datastores of another lab; a lab starts in an empty folder.");
        }

        var state = new LabState(await InventoryBuilder.BuildAsync(options, cancellationToken));
        Directory.CreateDirectory(state.Devices.Folder);
        var certificate = LabCertificate.Create(options.Clock.GetUtcNow());
        var web = BuildWeb(options, state, certificate);
        await web.StartAsync(cancellationToken);
        return new LabServer(web, state, certificate);
    }

    public async ValueTask DisposeAsync()
    {
        await _state.DisposeAsync();
        await _web.DisposeAsync();
        _certificate.Dispose();
    }

    static WebApplication BuildWeb(LabOptions options, LabState state, LabCertificate certificate)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = options.Folder });
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTime);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, options.Port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.UseHttps(certificate.Certificate);
            });
        });
        var web = builder.Build();
        web.UseRouting();
        var soap = new SoapEndpoint(state);
        web.MapPost("/sdk", soap.HandleAsync);
        web.MapGet("/sdk/vimServiceVersions.xml", () => Results.Text(SupportedVersions.Document, "text/xml"));
        new FolderEndpoint(state).Map(web);
        ControlEndpoint.Map(web, new LabControl(state));
        return web;
    }
}
