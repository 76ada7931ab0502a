using System.Buffers.Binary;

namespace VmProxy.GuestFiles.Tests.Ntfs;

/// <summary>Attributes of a record alone: what fuzzing has found.</summary>
sealed class NtfsAttributeTests
{
    [Test]
    public void A_name_of_no_length_may_be_said_to_lie_anywhere()
    {
        var record = new byte[32];
        BinaryPrimitives.WriteUInt32LittleEndian(record, 0x80);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(4), 32);
        BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(10), 0xFFFF);
        Assert.That(NtfsAttribute.TryParse(record, 0, out var attribute), Is.True);
        Assert.That(attribute.Name.Length, Is.Zero);
    }
}
