using CsCheck;

namespace VmProxy.GuestFiles.Tests.Paths;

sealed class GuestNameTests
{
    [Test]
    public void Any_bytes_come_back_as_they_were() =>
        Gen.Byte.Array[0, 60].Sample(bytes => GuestName.ToBytes(GuestName.FromBytes(bytes)).AsSpan().SequenceEqual(bytes), iter: 20_000);

    // As numbers: an attribute's text cannot hold a lone surrogate.
    [TestCase(new byte[] { 0x61, 0xFF, 0x62 }, new[] { 0x61, 0xDCFF, 0x62 })]
    [TestCase(new byte[] { 0xC3, 0xA4 }, new[] { 0xE4 })]
    [TestCase(new byte[] { 0xC3 }, new[] { 0xDCC3 })]
    [TestCase(new byte[] { 0xED, 0xA0, 0x80 }, new[] { 0xDCED, 0xDCA0, 0xDC80 })]
    [TestCase(new byte[] { 0xF0, 0x9F, 0x90, 0x84 }, new[] { 0xD83D, 0xDC04 })]
    public void Bytes_that_are_no_text_become_lone_surrogates(byte[] bytes, int[] units) =>
        Assert.That(GuestName.FromBytes(bytes).Select(unit => (int)unit), Is.EqualTo(units));
}
