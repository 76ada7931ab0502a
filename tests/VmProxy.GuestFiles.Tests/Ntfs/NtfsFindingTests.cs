using System.Buffers.Binary;

namespace VmProxy.GuestFiles.Tests.Ntfs;

/// <summary>What a volume that was taken while Windows ran tells of itself.</summary>
sealed class NtfsFindingTests
{
    const int PageSize = 4096;

    NtfsImage _image = null!;

    [OneTimeSetUp]
    public async Task Make_the_image() => _image = await NtfsImage.CreateAsync("write('file', b'text')", length: 8 << 20);

    [OneTimeTearDown]
    public void Remove_the_image() => _image.Dispose();

    [TestCase(0, 0, false)]
    [TestCase(0xFFFF, 0, true)]
    [TestCase(0, 2, true)]
    public async Task A_log_in_use_is_a_finding(int clientInUse, int flags, bool isClean)
    {
        var bytes = await NtfsBytes.OfAsync(_image);
        WriteRestartPage(bytes, 0, 100, clientInUse, flags);
        WriteRestartPage(bytes, PageSize, 50, 0, 2);
        await using var opened = await bytes.OpenAsync();
        Assert.That(opened.FileSystem.Findings.Select(finding => finding.Code), Is.EqualTo(isClean ? Array.Empty<string>() : [GuestFileErrorCodes.LogNotReplayed]));
        Assert.That(await opened.ReadAsync("file"), Has.Length.EqualTo(4));
    }

    [Test]
    public async Task A_log_that_cannot_be_read_is_a_finding()
    {
        var bytes = await NtfsBytes.OfAsync(_image);
        bytes.Log[..(2 * PageSize)].Fill(0x5A);
        await using var opened = await bytes.OpenAsync();
        Assert.That(opened.FileSystem.Findings.Single().Message, Does.Contain("$LogFile"));
    }

    [Test]
    public async Task The_dirty_flag_is_a_finding()
    {
        var bytes = await NtfsBytes.OfAsync(_image);
        bytes.Attribute(3, NtfsAttributeType.VolumeInformation)[24 + 10] |= 1;
        await using var opened = await bytes.OpenAsync();
        Assert.That(opened.FileSystem.Findings.Single().Message, Does.Contain("dirty"));
    }

    [TestCase("hibr", true)]
    [TestCase("HIBR", true)]
    [TestCase("wake", false)]
    public async Task A_hibernated_Windows_is_a_finding(string head, bool isHibernated)
    {
        using var image = await NtfsImage.CreateAsync($"write('HiberFil.sys', b'{head}' + bytes(8000))", length: 8 << 20);
        await using var opened = await image.OpenAsync();
        Assert.That(opened.FileSystem.Findings.Any(finding => finding.Message.Contains("hibernated", StringComparison.Ordinal)), Is.EqualTo(isHibernated));
        Assert.That(opened.FileSystem.Findings, Has.Count.EqualTo(isHibernated ? 1 : 0));
    }

    [Test]
    public async Task The_identity_is_what_blkid_prints()
    {
        await using var opened = await _image.OpenAsync();
        var printed = await VmProxy.Testing.Tool.RunAsync(VmProxy.Testing.Tool.Require("blkid", "util-linux"), ["-p", "-o", "value", "-s", "UUID", _image.Path]);
        Assert.That(opened.FileSystem.Info.Uuid, Is.EqualTo(printed.Trim()));
    }

    static void WriteRestartPage(NtfsBytes bytes, int offset, long lsn, int clientInUse, int flags)
    {
        var page = bytes.Log.Slice(offset, PageSize);
        page.Clear();
        "RSTR"u8.CopyTo(page);
        BinaryPrimitives.WriteUInt16LittleEndian(page[4..], 0x1E);
        BinaryPrimitives.WriteUInt16LittleEndian(page[6..], (PageSize / 512) + 1);
        BinaryPrimitives.WriteUInt32LittleEndian(page[16..], PageSize);
        BinaryPrimitives.WriteUInt32LittleEndian(page[20..], PageSize);
        BinaryPrimitives.WriteUInt16LittleEndian(page[24..], 0x30);
        BinaryPrimitives.WriteInt64LittleEndian(page[0x30..], lsn);
        BinaryPrimitives.WriteUInt16LittleEndian(page[(0x30 + 12)..], (ushort)clientInUse);
        BinaryPrimitives.WriteUInt16LittleEndian(page[(0x30 + 14)..], (ushort)flags);
    }
}
