using Vim = VmProxy.Vim25;

namespace VmProxy.Vsphere.Tests.Inventory;

public sealed class VmStorageTests
{
    [Test]
    public void Files_are_summed_up_by_datastore_and_kind()
    {
        var layout = new Vim.VirtualMachineFileLayoutEx
        {
            File =
            [
                File(0, "[a] web/web.vmdk", "diskDescriptor", 1), File(1, "[a] web/web-flat.vmdk", "diskExtent", 100),
                File(2, "[a] web/web-000001.vmdk", "diskDescriptor", 2), File(3, "[a] web/web-000001-delta.vmdk", "diskExtent", 30),
                File(4, "[a] web/web-Snapshot1.vmsn", "snapshotData", 4), File(5, "[a] web/web-Snapshot1.vmem", "snapshotMemory", 50),
                File(6, "[b] swap/web.vswp", "swap", 1000), File(7, "[a] web/vmx-web.vswp", "uwswap", 7), File(7, "[a] web/vmx-web.vswp", "uwswap", 7),
            ],
            Disk = [new Vim.VirtualMachineFileLayoutExDiskLayout { Key = 2000, Chain = [Unit(0, 1), Unit(2, 3)] }],
            Snapshot = [new Vim.VirtualMachineFileLayoutExSnapshotLayout { Disk = [new Vim.VirtualMachineFileLayoutExDiskLayout { Key = 2000, Chain = [Unit(0, 1)] }] }],
        };
        Assert.That(VmStorageMapper.Of(layout), Is.EquivalentTo(new[] { new VmStorage("a", 194, 2 + 30 + 4 + 50, 7), new VmStorage("b", 1000, 0, 1000) }));
        Assert.That(VmStorageMapper.Deltas(layout), Is.EqualTo(new[] { new DeltaChain(2000, "[a] web/web-000001.vmdk", "[a] web/web.vmdk", 32) }));
    }

    [Test]
    public void Nothing_is_known_without_a_layout()
    {
        Assert.That(VmStorageMapper.Of(null), Is.Empty);
        Assert.That(VmStorageMapper.Deltas(null), Is.Empty);
    }

    static Vim.VirtualMachineFileLayoutExFileInfo File(int key, string name, string type, long size) => new() { Key = key, Name = name, Type = type, Size = size };

    static Vim.VirtualMachineFileLayoutExDiskUnit Unit(params int[] keys) => new() { FileKey = [.. keys] };
}
