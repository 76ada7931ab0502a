namespace VmProxy.Transports;

/// <summary>The stable codes of <see cref="TransportReason"/> and <see cref="TransportException"/>. A code is never renamed.</summary>
public static class TransportCodes
{
    /// <summary>A transport was asked for that does not exist.</summary>
    public const string Unknown = "TRANSPORT_UNKNOWN";

    /// <summary>An address is configured for a host that no inventory has.</summary>
    public const string HostAddressUnknown = "HOST_ADDRESS_UNKNOWN";

    /// <summary>None of the allowed transports can read the disk.</summary>
    public const string NoneUsable = "TRANSPORT_NONE_USABLE";

    /// <summary>No proxy VM is configured.</summary>
    public const string ProxyNotConfigured = "HOTADD_PROXY_NOT_CONFIGURED";

    /// <summary>The configured proxy VM is not in the inventory.</summary>
    public const string ProxyNotFound = "HOTADD_PROXY_NOT_FOUND";

    /// <summary>Several VMs answer to the configured name.</summary>
    public const string ProxyAmbiguous = "HOTADD_PROXY_AMBIGUOUS";

    /// <summary>The proxy VM is not running, so a disk attached to it appears nowhere.</summary>
    public const string ProxyNotRunning = "HOTADD_PROXY_NOT_RUNNING";

    /// <summary>The VM to back up is the proxy itself: its snapshot's disk would have the name of its own running disk.</summary>
    public const string VmIsProxy = "HOTADD_VM_IS_PROXY";

    /// <summary>VM and proxy are in different datacenters.</summary>
    public const string OtherDatacenter = "HOTADD_OTHER_DATACENTER";

    /// <summary>The proxy's host does not mount the disk's datastore.</summary>
    public const string DatastoreNotMounted = "HOTADD_DATASTORE_NOT_MOUNTED_ON_PROXY_HOST";

    /// <summary>The disk is on vSAN and the proxy has no disk there.</summary>
    public const string VsanMismatch = "HOTADD_VSAN_MISMATCH";

    /// <summary>The disk is encrypted and the proxy is not.</summary>
    public const string ProxyNotEncrypted = "HOTADD_PROXY_NOT_ENCRYPTED";

    /// <summary>The disk is independent: no snapshot holds it.</summary>
    public const string DiskIndependent = "HOTADD_DISK_INDEPENDENT";

    /// <summary>The disk is a raw device mapping.</summary>
    public const string DiskRdm = "HOTADD_DISK_RDM";

    /// <summary>The disk is on an IDE controller.</summary>
    public const string DiskIde = "HOTADD_DISK_IDE";

    /// <summary>The disk's backing is of a type that cannot be attached.</summary>
    public const string DiskUnsupported = "HOTADD_DISK_UNSUPPORTED";

    /// <summary>The server names no uuid of the disk, so its device cannot be told from others.</summary>
    public const string DiskWithoutUuid = "HOTADD_DISK_NO_UUID";

    /// <summary>The proxy has no free unit on any SCSI controller.</summary>
    public const string NoFreeSlot = "HOTADD_NO_FREE_SLOT";

    /// <summary>NFS 3 and different hosts: removing the snapshot may stun the VM for long. A warning.</summary>
    public const string Nfs3CrossHost = "HOTADD_NFS3_CROSS_HOST";

    /// <summary>A device with the disk's name is there before the disk is attached.</summary>
    public const string DeviceExists = "HOTADD_DEVICE_EXISTS";

    /// <summary>The disk was attached, and its device did not appear in time.</summary>
    public const string DeviceNotFound = "HOTADD_DEVICE_NOT_FOUND";

    /// <summary>The device that appeared is not as large as the disk.</summary>
    public const string DeviceWrongSize = "HOTADD_DEVICE_WRONG_SIZE";

    /// <summary>The device could not be opened.</summary>
    public const string DeviceNotReadable = "HOTADD_DEVICE_NOT_READABLE";

    /// <summary>The disk could not be attached.</summary>
    public const string AttachFailed = "HOTADD_ATTACH_FAILED";

    /// <summary>The disk could not be detached: it stays attached to the proxy, and the journal says so.</summary>
    public const string DetachFailed = "HOTADD_DETACH_FAILED";
}
