using Microsoft.Extensions.Logging;
using VmProxy.Engine.Configuration;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Sessions;

/// <summary>A vCenter or host that we are logged in to, with the name that the configuration gives it.</summary>
/// <param name="Name">Name in the configuration.</param>
/// <param name="Connection">The connection.</param>
public sealed record OpenedVcenter(string Name, VcenterConnection Connection)
{
    internal static async Task<OpenedVcenter> ConnectAsync(
        VcenterSettings settings, IProxyTurns turns, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var options = new VcenterOptions
        {
            Name = settings.Name,
            Url = settings.Url,
            User = settings.User,
            Password = settings.Password.Reveal(),
            Thumbprint = settings.Thumbprint,
            CaFile = settings.CaFile,
            ProxyTurns = turns,
        };
        var connection = await VcenterConnection.ConnectAsync(options, time, loggers.CreateLogger<VcenterConnection>(), cancellationToken)
            .ConfigureAwait(false);
        return new OpenedVcenter(settings.Name, connection);
    }
}
