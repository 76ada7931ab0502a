using System.Text;
using VmProxy.Blocks.Vmdk;

namespace VmProxy.Blocks.Tests.Vmdk;

[Parallelizable]
sealed class VmdkDescriptorTests
{
    const string Host = """
        # Disk DescriptorFile
        version=3
        encoding="UTF-8"
        CID=7f3a91c0
        parentCID=0b5d12ee
        isNativeSnapshot="no"
        createType="vmfsSparse"
        parentFileNameHint="mail server.vmdk"
        # Extent description
        RW 83886080 VMFSSPARSE "mail server-000001-delta.vmdk"

        # Change Tracking File
        changeTrackPath="mail server-000001-ctk.vmdk"

        # The Disk Data Base
        #DDB

        ddb.longContentID = "c3a1d88f5b8a20d17f5f52f50b5d12ee"
        ddb.thinProvisioned = "1"
        """;

    [Test]
    public void A_hosts_delta_descriptor_is_read_whole()
    {
        var descriptor = VmdkDescriptor.Parse(Host, "d");
        Assert.That(descriptor.Version, Is.EqualTo(3));
        Assert.That((descriptor.Cid, descriptor.ParentCid, descriptor.HasParent), Is.EqualTo((0x7f3a91c0u, 0x0b5d12eeu, true)));
        Assert.That(descriptor.CreateType, Is.EqualTo("vmfsSparse"));
        Assert.That(descriptor.ParentFileNameHint, Is.EqualTo("mail server.vmdk"));
        Assert.That(descriptor.ChangeTrackPath, Is.EqualTo("mail server-000001-ctk.vmdk"));
        Assert.That(
            descriptor.Extents,
            Is.EqualTo(new[] { new VmdkExtent(VmdkExtentAccess.ReadWrite, 83886080, "VMFSSPARSE", "mail server-000001-delta.vmdk") }));
        Assert.That(descriptor.Length, Is.EqualTo(40L << 30));
        Assert.That(descriptor.Database("THINPROVISIONED"), Is.EqualTo("1"));
        Assert.That(descriptor.OtherKeys.Single(), Is.EqualTo(new KeyValuePair<string, string>("isNativeSnapshot", "no")));
    }

    [Test]
    public void What_was_read_is_written_again()
    {
        var first = VmdkDescriptor.Parse(Host, "d");
        var second = VmdkDescriptor.Parse(first.ToText(), "d");
        Assert.That(second.ToText(), Is.EqualTo(first.ToText()));
        Assert.That(second.Extents, Is.EqualTo(first.Extents));
        Assert.That(second.DiskDatabase, Is.EqualTo(first.DiskDatabase));
    }

    [Test]
    public void Line_ends_case_and_a_byte_order_mark_do_not_matter()
    {
        var text = "\uFEFF" + Host.Replace("\n", "\r\n", StringComparison.Ordinal)
            .Replace("createType", "CREATETYPE", StringComparison.Ordinal) + "\r\n\0\0\0\0";
        Assert.That(VmdkDescriptor.Parse(Encoding.UTF8.GetBytes(text), "d").CreateType, Is.EqualTo("vmfsSparse"));
    }

    [Test]
    public void A_named_code_page_is_honoured()
    {
        var text = Host.Replace("UTF-8", "windows-1252", StringComparison.Ordinal).Replace("mail", "caf\u00e9", StringComparison.Ordinal);
        Assert.That(VmdkDescriptor.Parse(Encoding.Latin1.GetBytes(text), "d").ParentFileNameHint, Is.EqualTo("caf\u00e9 server.vmdk"));
    }

    [TestCase("", "empty")]
    [TestCase("hello", "line 1")]
    [TestCase("# Disk DescriptorFile\n", "'version' is missing")]
    [TestCase("# Disk DescriptorFile\nversion=x", "line 2: key 'version'")]
    [TestCase("# Disk DescriptorFile\nversion=1\nCID=12345678\nparentC", "line 4")]
    [TestCase("# Disk DescriptorFile\nversion=1\nCID=123456789\nparentCID=ffffffff\ncreateType=\"vmfs\"", "line 3: key 'CID'")]
    [TestCase("# Disk DescriptorFile\nversion=1\nCID=12\nparentCID=ffffffff\ncreateType=\"vmf", "line 5: the quoted value of key 'createType'")]
    [TestCase("# Disk DescriptorFile\nversion=1\nCID=12\nparentCID=ffffffff\ncreateType=\"vmfs\"\n", "no extent")]
    [TestCase("# Disk DescriptorFile\nversion=1\nCID=12\nCID=13\n", "line 4: key 'CID' was given in line 3")]
    [TestCase("# Disk DescriptorFile\nversion=1\nRW", "line 3: extent")]
    [TestCase("# Disk DescriptorFile\nversion=1\nRW 0 FLAT \"x\" 0", "line 3: extent: '0' is not a number of sectors")]
    [TestCase("# Disk DescriptorFile\nversion=1\nRW -5 FLAT \"x\" 0", "'-5'")]
    [TestCase("# Disk DescriptorFile\nversion=1\nRW 99999999999999999999 FLAT \"x\" 0", "'99999999999999999999'")]
    [TestCase("# Disk DescriptorFile\nversion=1\nRW 10", "the type is missing")]
    [TestCase("# Disk DescriptorFile\nversion=1\nRW 10 FLAT", "the file name is missing")]
    [TestCase("# Disk DescriptorFile\nversion=1\nRW 10 FLAT \"x", "not in quotes")]
    [TestCase("# Disk DescriptorFile\nversion=1\nRW 10 FLAT \"x\" -1", "'-1' is not an offset")]
    [TestCase("# Disk DescriptorFile\nversion=1\nCID=12\nparentCID=13\ncreateType=\"vmfs\"\nRW 10 VMFS \"x\"", "'parentFileNameHint'")]
    public void A_damaged_descriptor_is_refused_with_line_and_key(string text, string part)
    {
        Assert.That(
            () => VmdkDescriptor.Parse(text, "vm.vmdk"),
            Throws.InstanceOf<BlockDeviceException>().With.Property("Code").EqualTo(BlockErrorCodes.DescriptorInvalid)
                .And.Message.Contains(part).And.Message.Contains("vm.vmdk"));
    }

    [Test]
    public void Binary_data_is_refused()
    {
        var bytes = new byte[4096];
        new Random(1).NextBytes(bytes);
        ExpectCode(() => VmdkDescriptor.Parse(bytes, "x"), BlockErrorCodes.DescriptorInvalid);
        bytes = [.. "# Disk DescriptorFile\nversion=1\n"u8, 0, .. "CID=1"u8];
        ExpectCode(() => VmdkDescriptor.Parse(bytes, "x"), BlockErrorCodes.DescriptorInvalid);
    }

    [Test]
    public void A_newer_version_is_unsupported_not_damaged() => ExpectCode(
        () => VmdkDescriptor.Parse(Host.Replace("version=3", "version=9", StringComparison.Ordinal), "x"), BlockErrorCodes.DescriptorUnsupported);

    [Test]
    public void Extents_whose_sum_overflows_are_refused()
    {
        var line = $"RW {long.MaxValue / 512} ZERO\n";
        ExpectCode(
            () => VmdkDescriptor.Parse("# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\ncreateType=\"x\"\n" + line + line, "x"),
            BlockErrorCodes.DescriptorInvalid);
    }

    [Test]
    public void A_value_that_would_break_the_format_is_not_written()
    {
        var descriptor = VmdkDescriptor.Parse(Host, "x") with { ParentFileNameHint = "a\"\nRW 1 FLAT \"/etc/shadow\" 0" };
        ExpectCode(() => descriptor.ToText(), BlockErrorCodes.DescriptorInvalid);
    }

    static void ExpectCode(Func<object> action, string code) =>
        Assert.That(() => action(), Throws.InstanceOf<BlockDeviceException>().With.Property("Code").EqualTo(code));
}
