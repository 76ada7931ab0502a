using System.Buffers.Binary;
using System.Text;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Volumes;

sealed class LvmCrowdTests
{
    const int Size = 16 << 20;
    const int Area = 4096;
    const int AreaSize = 8 << 20;

    [Test]
    public async Task Of_a_group_with_more_volumes_than_are_read_the_rest_is_told()
    {
        await using var device = new MemoryBlockDevice(Image(5000));
        await using var disks = await GuestDisks.OpenAsync([new GuestDisk("disk1", device)], CancellationToken.None);
        Assert.That(disks.Volumes.Count(volume => volume.Role == VolumeRole.LogicalVolume), Is.EqualTo(4096));
        var finding = disks.Findings.Single();
        Assert.That((finding.Code, finding.Subject, finding.IsWarning), Is.EqualTo((GuestFileErrorCodes.Unsupported, "vg", true)));
        Assert.That(finding.Message, Does.Contain("904").And.Contain("l4096"));
    }

    /// <summary>A physical volume whose group has so many logical volumes, all over the same extent.</summary>
    static byte[] Image(int volumes)
    {
        var image = new byte[Size];
        var uuid = new string('A', 32);
        var label = image.AsSpan(512, 512);
        Encoding.ASCII.GetBytes("LABELONE", label);
        Encoding.ASCII.GetBytes("LVM2 001", label[24..]);
        Encoding.ASCII.GetBytes(uuid, label[32..]);
        BinaryPrimitives.WriteInt32LittleEndian(label[20..], 32);
        foreach (var (at, value) in new (int, long)[] { (8, 1), (64, Size), (72, 12 << 20), (104, Area), (112, AreaSize) })
        {
            BinaryPrimitives.WriteInt64LittleEndian(label[at..], value);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(label[16..], LvmLabel.Check(label[20..]));
        var text = new StringBuilder($$"""
            vg { id="VG" seqno=1 extent_size=2048
            physical_volumes { pv0 { id="{{uuid}}" pe_start=24576 pe_count=4 } }
            logical_volumes {

            """);
        for (var i = 0; i < volumes; i++)
        {
            text.Append('l').Append(i).Append(" { status=[\"VISIBLE\"] segment_count=1 segment1 { start_extent=0 extent_count=1 type=\"striped\" stripe_count=1 stripes=[\"pv0\",0] } }\n");
        }

        var bytes = Encoding.ASCII.GetBytes(text.Append("} }\0").ToString());
        var area = image.AsSpan(Area, AreaSize);
        Encoding.ASCII.GetBytes(" LVM2 x[5A%r0N*>", area[4..]);
        foreach (var (at, value) in new (int, long)[] { (20, 1), (24, Area), (32, AreaSize), (40, 512), (48, bytes.Length) })
        {
            BinaryPrimitives.WriteInt64LittleEndian(area[at..], value);
        }

        bytes.CopyTo(area[512..]);
        BinaryPrimitives.WriteUInt32LittleEndian(area[56..], LvmLabel.Check(bytes));
        BinaryPrimitives.WriteUInt32LittleEndian(area, LvmLabel.Check(area[4..512]));
        return image;
    }
}
