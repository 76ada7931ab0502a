namespace VmProxy.Lab;

/// <summary>A virtual machine.</summary>
public sealed class LabVmOptions
{
    public string Name { get; set; } = "";

    /// <summary>Where its files lie; the first datastore by default.</summary>
    public string? Datastore { get; set; }

    /// <summary>The host that runs it; the first by default.</summary>
    public string? Host { get; set; }

    /// <summary>Inventory folder under the datacenter's VM folder, such as "Production/Web".</summary>
    public string? Folder { get; set; }

    public bool PoweredOn { get; set; } = true;

    public bool Template { get; set; }

    public bool ToolsRunning { get; set; } = true;

    /// <summary>Changed block tracking from the start.</summary>
    public bool ChangeTracking { get; set; }

    public bool ChangeTrackingSupported { get; set; } = true;

    public string HardwareVersion { get; set; } = "vmx-14";

    public string GuestId { get; set; } = "debian10_64Guest";

    /// <summary>A VirtualMachineConnectionState; unless "connected", the VM has no config.</summary>
    public string ConnectionState { get; set; } = "connected";

    /// <summary>The key that encrypts the VM's home and disks; an encrypted VM has one.</summary>
    public string? EncryptionKey { get; set; }

    /// <summary>The key provider that holds <see cref="EncryptionKey"/>.</summary>
    public string KeyProvider { get; set; } = "lab-kms";

    /// <summary>A virtual TPM, which only an encrypted VM can have.</summary>
    public bool VirtualTpm { get; set; }

    /// <summary>Whether the server gives it no instance UUID, as one that was registered by an old host.</summary>
    public bool NoInstanceUuid { get; set; }

    public List<LabDiskOptions> Disks { get; set; } = [];
}
