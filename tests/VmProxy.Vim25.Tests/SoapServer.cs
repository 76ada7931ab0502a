using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace VmProxy.Vim25.Tests;

/// <summary>A real HTTP server on loopback that answers as a test says, and remembers what it was sent.</summary>
internal sealed class SoapServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private SoapServer(WebApplication application) => _application = application;

    public Uri Url { get; private set; } = new("http://localhost");

    public List<(HeaderDictionary Headers, string Body)> Requests { get; } = [];

    public static async Task<SoapServer> StartAsync(Func<HttpContext, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new SoapServer(builder.Build());
        server._application.Run(async context =>
        {
            using var body = new StreamReader(context.Request.Body);
            server.Requests.Add((new HeaderDictionary(context.Request.Headers.ToDictionary()), await body.ReadToEndAsync()));
            await answer(context);
        });
        await server._application.StartAsync();
        server.Url = new Uri(server._application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/sdk");
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }
}
