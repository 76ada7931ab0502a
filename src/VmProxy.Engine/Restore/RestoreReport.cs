namespace VmProxy.Engine.Restore;

/// <summary>A disk that was restored to a file.</summary>
/// <param name="Point">The restore point.</param>
/// <param name="VirtualMachine">The VM that it is of.</param>
/// <param name="Disk">The disk's label.</param>
/// <param name="File">The file that was written.</param>
/// <param name="Format">Its format.</param>
/// <param name="CapacityBytes">The disk's size in bytes.</param>
/// <param name="WrittenBytes">Bytes that were not zeros.</param>
public sealed record RestoreReport(
    string Point, string VirtualMachine, string Disk, string File, string Format, long CapacityBytes, long WrittenBytes);

/// <summary>The form of a restored disk.</summary>
public enum DiskFormat
{
    /// <summary>The bytes of the disk, holes where it reads as zeros.</summary>
    Raw,

    /// <summary>A VMDK descriptor with one flat extent beside it.</summary>
    Vmdk,

    /// <summary>A QEMU image, version 3, not compressed.</summary>
    Qcow2,
}
