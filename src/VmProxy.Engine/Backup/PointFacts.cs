using System.Text.Json;
using System.Text.Json.Serialization;
using VmProxy.Repository;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Backup;

/// <summary>What a restore needs to know of the VM besides its configuration, as properties of the point and of its disks (vSphere requirements 13 and 15).</summary>
static class PointFacts
{
    const string Host = "host";
    const string Encryption = "encryption";
    const string VirtualTpm = "virtualTpm";
    const string Place = "place";

    /// <summary>Facts of the VM at the snapshot.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Of(VirtualMachine vm, SnapshotState snapshot, Inventory inventory)
    {
        if (inventory.Hosts.FirstOrDefault(host => host.Id == (snapshot.HostId ?? vm.HostId)) is { } host)
        {
            yield return new(Host, host.Name);
        }

        if (vm.Encryption is { } key)
        {
            yield return new(Encryption, JsonSerializer.Serialize(key, FactJson.Default.EncryptionKey));
        }

        if (vm.HasVirtualTpm)
        {
            yield return new(VirtualTpm, "true");
        }
    }

    /// <summary>A disk with the facts of the same disk of the snapshot.</summary>
    public static PointDisk With(PointDisk disk, SnapshotState snapshot) => snapshot.Disks.FirstOrDefault(candidate => candidate.Key == disk.Key) is { } held
        ? disk with { Properties = new Dictionary<string, string>([.. disk.Properties, .. Of(held)]) }
        : disk;

    /// <summary>Where the disk hangs; null in points of earlier versions.</summary>
    public static DiskPlace? PlaceOf(PointDisk disk) =>
        disk.Properties.TryGetValue(Place, out var text) ? JsonSerializer.Deserialize(text, FactJson.Default.DiskPlace) : null;

    /// <summary>The key that encrypted the VM; null for one that was not encrypted.</summary>
    public static EncryptionKey? EncryptionOf(RestorePoint point) => KeyIn(point.Properties);

    /// <summary>The host that ran the VM; null in points of earlier versions.</summary>
    public static string? HostOf(RestorePoint point) => point.Properties.GetValueOrDefault(Host);

    /// <summary>Whether the VM had a virtual TPM.</summary>
    public static bool HadVirtualTpm(RestorePoint point) => point.Properties.ContainsKey(VirtualTpm);

    static IEnumerable<KeyValuePair<string, string>> Of(VirtualDisk disk)
    {
        var place = new DiskPlace(disk.ControllerType, disk.BusNumber, disk.UnitNumber, disk.UnitName, disk.BackingTypeName, disk.DiskMode, disk.Thin);
        yield return new(Place, JsonSerializer.Serialize(place, FactJson.Default.DiskPlace));
        if (disk.Encryption is { } key)
        {
            yield return new(Encryption, JsonSerializer.Serialize(key, FactJson.Default.EncryptionKey));
        }
    }

    static EncryptionKey? KeyIn(IReadOnlyDictionary<string, string> properties) =>
        properties.TryGetValue(Encryption, out var text) ? JsonSerializer.Deserialize(text, FactJson.Default.EncryptionKey) : null;
}

/// <summary>Where a disk hung in its VM, and in which form.</summary>
/// <param name="Controller">The server's type name of the controller, for example <c>VirtualNVMEController</c>, also of one that is not known; may be empty.</param>
/// <param name="Bus">Number of the controller's bus.</param>
/// <param name="Unit">Unit on the controller; null when the server does not say.</param>
/// <param name="Name">The place as a vmx file names it, for example <c>nvme0:1</c>; null for a controller that is not known.</param>
/// <param name="Backing">The server's type name of the backing.</param>
/// <param name="Mode">The server's disk mode.</param>
/// <param name="Thin">Whether it was thin; null when the backing has no such notion.</param>
sealed record DiskPlace(string Controller, int Bus, int? Unit, string? Name, string Backing, string Mode, bool? Thin);

/// <summary>The JSON form of these facts.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DiskPlace))]
[JsonSerializable(typeof(EncryptionKey))]
sealed partial class FactJson : JsonSerializerContext;
