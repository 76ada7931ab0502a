using CsCheck;

namespace VmProxy.GuestFiles.Tests.Paths;

sealed class GuestNameTests
{
    [Test]
    public void Any_bytes_come_back_as_they_were() =>
        Gen.Byte.Array[0, 60].Sample(bytes => GuestName.ToBytes(GuestName.FromBytes(bytes)).AsSpan().SequenceEqual(bytes), iter: 20_000);

    [TestCase(new byte[] { 0x61, 0xFF, 0x62 }, "a\uDCFFb")]
    [TestCase(new byte[] { 0xC3, 0xA4 }, "ä")]
    [TestCase(new byte[] { 0xC3 }, "\uDCC3")]
    [TestCase(new byte[] { 0xED, 0xA0, 0x80 }, "\uDCED\uDCA0\uDC80")]
    [TestCase(new byte[] { 0xF0, 0x9F, 0x90, 0x84 }, "🐄")]
    public void Bytes_that_are_no_text_become_lone_surrogates(byte[] bytes, string name) => Assert.That(GuestName.FromBytes(bytes), Is.EqualTo(name));
}
