using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using VmProxy.Service.Notifications;

namespace VmProxy.Service.Tests;

/// <summary>A program that takes notices over HTTP, at a free port of loopback.</summary>
sealed class WebhookReceiver : IAsyncDisposable
{
    readonly WebApplication _application;
    readonly ConcurrentQueue<Call> _calls = new();

    WebhookReceiver(WebApplication application) => _application = application;

    /// <summary>One request as it came.</summary>
    public sealed record Call(string Body, string? Signature, string? Timestamp, string? ContentType);

    public string Url => _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/hook";

    public IReadOnlyList<Call> Calls => [.. _calls];

    /// <summary>The notices that were taken, in order.</summary>
    public IReadOnlyList<NoticeDocument> Notices => [.. _calls.Select(call => NoticeDocument.Parse(call.Body))];

    /// <summary>Answers in place of 200, each once.</summary>
    public ConcurrentQueue<int> Refusals { get; } = new();

    /// <summary>Answers nothing before this has ended.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Answers 400 to everything.</summary>
    public bool RefuseAll { get; set; }

    public static async Task<WebhookReceiver> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        var application = builder.Build();
        var receiver = new WebhookReceiver(application);
        application.UseRouting();
        application.MapPost("/hook", receiver.TakeAsync);
        await application.StartAsync();
        return receiver;
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }

    async Task TakeAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var call = new Call(
            await reader.ReadToEndAsync(), context.Request.Headers["X-VmProxy-Signature"], context.Request.Headers["X-VmProxy-Timestamp"], context.Request.ContentType);
        await Gate;
        var refusal = 400;
        if (RefuseAll || Refusals.TryDequeue(out refusal))
        {
            context.Response.StatusCode = refusal;
            return;
        }

        _calls.Enqueue(call);
    }
}
