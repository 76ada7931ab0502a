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

    /// <summary>The transport reads disks of this form by code that was verified on simulated hosts only, and no comparison has proved it here.</summary>
    public const string FormUnproven = "TRANSPORT_FORM_UNPROVEN";

    /// <summary>A transport that was asked for could not read the disk, and another one did, as the configuration allows.</summary>
    public const string FellBack = "TRANSPORT_FALLBACK";

    /// <summary>No proxy VM is configured.</summary>
    public const string ProxyNotConfigured = "HOTADD_PROXY_NOT_CONFIGURED";

    /// <summary>The configured proxy VM is not in the inventory.</summary>
    public const string ProxyNotFound = "HOTADD_PROXY_NOT_FOUND";

    /// <summary>Several VMs answer to the configured name.</summary>
    public const string ProxyAmbiguous = "HOTADD_PROXY_AMBIGUOUS";

    /// <summary>This program does not run in a VMware VM, so no attached disk can appear here.</summary>
    public const string ProxyNotVm = "HOTADD_PROXY_NOT_VM";

    /// <summary>This program runs in another VM than the configured proxy.</summary>
    public const string ProxyOtherMachine = "HOTADD_PROXY_OTHER_MACHINE";

    /// <summary>The proxy VM has snapshots. A warning: a revert would take attached disks away, and leave ones that came since.</summary>
    public const string ProxyHasSnapshots = "HOTADD_PROXY_HAS_SNAPSHOTS";

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

    /// <summary>The proxy has no free unit on any SCSI controller, or none became free in time.</summary>
    public const string NoFreeSlot = "HOTADD_NO_FREE_SLOT";

    /// <summary>NFS 3 and different hosts: removing the snapshot may stun the VM for long. A warning.</summary>
    public const string Nfs3CrossHost = "HOTADD_NFS3_CROSS_HOST";

    /// <summary>A device with the disk's name is there before the disk is attached.</summary>
    public const string DeviceExists = "HOTADD_DEVICE_EXISTS";

    /// <summary>The disk was attached, and its device did not appear in time.</summary>
    public const string DeviceNotFound = "HOTADD_DEVICE_NOT_FOUND";

    /// <summary>The device that appeared is not as large as the disk.</summary>
    public const string DeviceWrongSize = "HOTADD_DEVICE_WRONG_SIZE";

    /// <summary>The device that appeared is not at the controller and unit where vCenter put the disk.</summary>
    public const string DeviceWrongPlace = "HOTADD_DEVICE_WRONG_PLACE";

    /// <summary>The device that appeared has the serial number of another disk.</summary>
    public const string DeviceWrongSerial = "HOTADD_DEVICE_WRONG_SERIAL";

    /// <summary>The device could not be opened.</summary>
    public const string DeviceNotReadable = "HOTADD_DEVICE_NOT_READABLE";

    /// <summary>LVM of the proxy may activate volume groups on attached disks.</summary>
    public const string PreflightLvm = "HOTADD_PREFLIGHT_LVM";

    /// <summary>multipathd of the proxy may take attached disks.</summary>
    public const string PreflightMultipath = "HOTADD_PREFLIGHT_MULTIPATH";

    /// <summary>The proxy may assemble arrays on attached disks.</summary>
    public const string PreflightRaid = "HOTADD_PREFLIGHT_MD";

    /// <summary>The proxy may mount file systems of attached disks.</summary>
    public const string PreflightAutomount = "HOTADD_PREFLIGHT_AUTOMOUNT";

    /// <summary>Disks show no serial number on the proxy: disk.EnableUUID is not TRUE.</summary>
    public const string PreflightSerial = "HOTADD_PREFLIGHT_NO_SERIAL";

    /// <summary>This program runs in a container that does not show how its host is configured.</summary>
    public const string PreflightContainer = "HOTADD_PREFLIGHT_CONTAINER";

    /// <summary>The disk could not be attached.</summary>
    public const string AttachFailed = "HOTADD_ATTACH_FAILED";

    /// <summary>The disk could not be detached: it stays attached to the proxy, and the journal says so.</summary>
    public const string DetachFailed = "HOTADD_DETACH_FAILED";
}
