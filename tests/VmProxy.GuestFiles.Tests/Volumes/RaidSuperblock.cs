using System.Buffers.Binary;

namespace VmProxy.GuestFiles.Tests.Volumes;

/// <summary>Descriptions of Linux software RAID, made by hand, since arrays cannot be made without the kernel's driver. blkid judges them.</summary>
static class RaidSuperblock
{
    const uint Magic = 0xA92B4EFC;

    public static long Place(string version, long length) => version switch
    {
        "1.1" => 0,
        "1.2" => 4096,
        "1.0" => ((length / 512) - 16) / 8 * 8 * 512,
        _ => (length / 65536 * 65536) - 65536,
    };

    public static byte[] Make(string version, long length) => version == "0.90" ? Old() : New(Place(version, length) / 512);

    static byte[] Old()
    {
        var words = new uint[1024];
        (words[0], words[2], words[5]) = (Magic, 90, 0x12345678);
        var sum = words.Aggregate(0UL, (total, word) => total + word);
        words[38] = (uint)((sum & uint.MaxValue) + (sum >> 32));
        return [.. words.SelectMany(BitConverter.GetBytes)];
    }

    static byte[] New(long sector)
    {
        var super = new byte[256];
        BinaryPrimitives.WriteUInt32LittleEndian(super, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(super.AsSpan(4), 1);
        super[16] = 7;
        BinaryPrimitives.WriteInt64LittleEndian(super.AsSpan(144), sector);
        ulong sum = 0;
        for (var at = 0; at < super.Length; at += 4)
        {
            sum += BinaryPrimitives.ReadUInt32LittleEndian(super.AsSpan(at));
        }

        BinaryPrimitives.WriteUInt32LittleEndian(super.AsSpan(216), (uint)((sum & uint.MaxValue) + (sum >> 32)));
        return super;
    }
}
