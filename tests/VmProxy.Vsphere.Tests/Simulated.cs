using Microsoft.Extensions.Logging.Abstractions;
using VmProxy.Testing;

namespace VmProxy.Vsphere.Tests;

/// <summary>Connections of tests to govmomi's simulator.</summary>
static class Simulated
{
    public static VcenterOptions Options(VcsimProcess server) => new()
    {
        Name = "vcsim",
        Url = server.Url,
        User = VcsimProcess.User,
        Password = VcsimProcess.Password,
        Thumbprint = server.Sha256,
        CallTimeout = TimeSpan.FromSeconds(30),
        RetryDelay = TimeSpan.FromMilliseconds(20),
    };

    public static Task<VcenterConnection> ConnectAsync(VcsimProcess server) => ConnectAsync(Options(server));

    public static Task<VcenterConnection> ConnectAsync(VcenterOptions options, TimeProvider? time = null)
        => VcenterConnection.ConnectAsync(options, time ?? TimeProvider.System, NullLogger.Instance, CancellationToken.None);

    public static async Task<VirtualMachine> VmAsync(VcenterConnection connection, string name)
        => (await connection.ReadInventoryAsync(CancellationToken.None)).VirtualMachines.Single(vm => vm.Name == name);
}
