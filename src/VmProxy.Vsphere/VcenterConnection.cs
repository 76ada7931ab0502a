using Microsoft.Extensions.Logging;

namespace VmProxy.Vsphere;

/// <summary>
/// A connection to one vCenter or single host: logged in, kept alive, renewed when the server ended the session, logged out when disposed. All its
/// members may be used from many threads at once.
/// </summary>
public sealed class VcenterConnection : IAsyncDisposable
{
    readonly VcenterSession _session;
    readonly InventoryReader _inventory;

    VcenterConnection(VcenterOptions options, VcenterSession session, TimeProvider time, ILogger logger)
    {
        _session = session;
        Caller = new VcenterCaller(options, session, time, logger);
        Properties = new PropertyReader(Caller);
        _inventory = new InventoryReader(Caller, Properties);
        Tasks = new VcenterTasks(Caller, Properties);
        VirtualMachines = new VirtualMachines(Caller, Properties);
        Snapshots = new VmSnapshots(Caller, Properties, Tasks, VirtualMachines);
        ChangeTracking = new ChangeTrackingSwitch(Caller, Tasks, VirtualMachines);
        ChangeTrackingOrigin = new ChangeTrackingOrigin(Properties);
        ChangedAreas = new ChangedAreaQueries(Caller);
        Disks = new ProxyDisks(Caller, Properties, Tasks, VirtualMachines, options.ProxyTurns);
        Datastores = new DatastoreAccess(Caller, Properties, VirtualMachines, new FolderDownload(Caller, session));
        Files = new DatastoreFiles(Caller, Properties, Tasks);
        Privileges = new Privileges(Caller);
        Attributes = new CustomAttributes(Caller, Properties);
        Tags = new VsphereTags(Caller, session);
        Name = options.Name;
        About = VcenterAbout.Of(session.Live.Content.About);
    }

    /// <summary>The name of the connection in messages.</summary>
    public string Name { get; }

    /// <summary>What the server says of itself.</summary>
    public VcenterAbout About { get; }

    /// <summary>
    /// The server's instance uuid, which with a VM's instance uuid names the VM for good. A single host has none: there it is the uuid of the
    /// hardware, so that VMs and journals of several hosts are told apart; empty for a host that gives neither.
    /// </summary>
    public string InstanceUuid { get; private set; } = "";

    /// <summary>True for a vCenter, false for a single host.</summary>
    public bool IsVcenter => About.ApiType == "VirtualCenter";

    /// <summary>Checks the certificate, logs in and learns what the server is.</summary>
    /// <exception cref="VsphereException">
    /// <see cref="VsphereErrorCodes.OptionInvalid"/>, <see cref="VsphereErrorCodes.Unreachable"/>, <see cref="VsphereErrorCodes.ThumbprintMismatch"/>,
    /// <see cref="VsphereErrorCodes.CertificateUntrusted"/>, <see cref="VsphereErrorCodes.LoginFailed"/>, <see cref="VsphereErrorCodes.Timeout"/> or
    /// <see cref="VsphereErrorCodes.ProtocolError"/>.
    /// </exception>
    public static async Task<VcenterConnection> ConnectAsync(
        VcenterOptions options, TimeProvider timeProvider, ILogger logger, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var session = new VcenterSession(options, timeProvider, logger);
        try
        {
            await session.OpenAsync(cancellationToken).ConfigureAwait(false);
            var connection = new VcenterConnection(options, session, timeProvider, logger);
            connection.InstanceUuid = connection.About.InstanceUuid.Length > 0
                ? connection.About.InstanceUuid
                : await connection._inventory.ReadHostUuidAsync(cancellationToken).ConfigureAwait(false) ?? "";
            return connection;
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Waiting for tasks.</summary>
    public VcenterTasks Tasks { get; }

    /// <summary>Fresh facts about single VMs.</summary>
    public VirtualMachines VirtualMachines { get; }

    /// <summary>Snapshots.</summary>
    public VmSnapshots Snapshots { get; }

    /// <summary>Switching changed block tracking on.</summary>
    public ChangeTrackingSwitch ChangeTracking { get; }

    /// <summary>How changed block tracking came to be on.</summary>
    public ChangeTrackingOrigin ChangeTrackingOrigin { get; }

    /// <summary>Changed areas of disks.</summary>
    public ChangedAreaQueries ChangedAreas { get; }

    /// <summary>Disks lent to the proxy VM.</summary>
    public ProxyDisks Disks { get; }

    /// <summary>Datastores and their files.</summary>
    public DatastoreAccess Datastores { get; }

    /// <summary>What lies on datastores, and what VMs refer to.</summary>
    public DatastoreFiles Files { get; }

    /// <summary>What the user may do.</summary>
    public Privileges Privileges { get; }

    /// <summary>Custom attributes of VMs.</summary>
    public CustomAttributes Attributes { get; }

    /// <summary>Tags of VMs.</summary>
    public VsphereTags Tags { get; }

    internal VcenterCaller Caller { get; }

    internal PropertyReader Properties { get; }

    /// <summary>Reads all VMs, datastores, hosts and datacenters in one paged pass.</summary>
    /// <exception cref="VsphereException">The server could not be read.</exception>
    public Task<Inventory> ReadInventoryAsync(CancellationToken cancellationToken) => _inventory.ReadAsync(cancellationToken);

    /// <summary>Logs out and closes the connections.</summary>
    public ValueTask DisposeAsync() => _session.DisposeAsync();
}

/// <summary>What a server says of itself.</summary>
/// <param name="FullName">Product, version and build, for people.</param>
/// <param name="ApiType"><c>VirtualCenter</c> or <c>HostAgent</c>.</param>
/// <param name="ApiVersion">The newest dialect that it speaks.</param>
/// <param name="Version">Product version.</param>
/// <param name="Build">Build number.</param>
/// <param name="InstanceUuid">Uuid of the instance; empty when it gives none.</param>
public sealed record VcenterAbout(string FullName, string ApiType, string ApiVersion, string Version, string Build, string InstanceUuid)
{
    internal static VcenterAbout Of(Vim.AboutInfo about)
        => new(about.FullName, about.ApiType, about.ApiVersion, about.Version, about.Build, about.InstanceUuid ?? "");
}
