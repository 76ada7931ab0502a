using System.Buffers.Binary;
using CsCheck;
using VmProxy.Blocks.Vmdk;
using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Vmdk;

/// <summary>Foreign bytes end in a disk or in a typed error, never in anything else.</summary>
[Parallelizable]
sealed class CowdFuzzTests
{
    const int Length = 8 * 1024 * 1024;

    byte[] _delta = [];

    [OneTimeSetUp]
    public async Task MakeDelta()
    {
        using var folder = new TempFolder();
        await using (var delta = await WritableCowdExtent.CreateAsync(folder["d"], Length, null, CancellationToken.None))
        {
            await delta.WriteAsync(1000, BlockContent.Mixed(20_000), CancellationToken.None);
            await delta.WriteAsync(Length - 3000, BlockContent.Mixed(3000), CancellationToken.None);
            await delta.FlushAsync(CancellationToken.None);
        }

        _delta = await File.ReadAllBytesAsync(folder["d"]);
    }

    [Test]
    public async Task Damaged_headers_tables_and_lengths_are_met_with_typed_errors()
    {
        var edge = Gen.OneOf(0u, 1u, 2u, 3u, 4u, 8u, 15u, 4096u, 16384u, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu);
        var edit = Gen.Select(Gen.OneOf(Gen.Int[0, 15], Gen.Int[512, 516], Gen.Int[16 * 33, 16 * 1024]), Gen.OneOf(edge, Gen.UInt));
        var cut = Gen.Frequency((3, Gen.Const(1.0)), (1, Gen.Double[0, 1]));
        await Gen.Select(edit.List[0, 4], cut).SampleAsync(
            async (edits, keep) =>
            {
                var bytes = _delta.ToArray();
                foreach (var (word, value) in edits)
                {
                    BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(word * 4 % (bytes.Length - 4)), value);
                }

                await ReadAllAsync(bytes[..(int)(bytes.Length * keep)]);
            },
            iter: 1500,
            threads: 1);
    }

    [TestCase(0x00, 0x12345678u, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x04, 2u, BlockErrorCodes.DescriptorUnsupported)]
    [TestCase(0x0C, 0u, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x0C, 0xFFFFFFFFu, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x10, 0u, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x10, 3u, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x10, 0x80000000u, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x14, 0u, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x14, 0xFFFFFFFFu, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x18, 1u, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x18, 0xFFFFFFFFu, BlockErrorCodes.ExtentInvalid)]
    public async Task Each_field_is_checked(int offset, uint value, string code)
    {
        var bytes = _delta.ToArray();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(offset), value);
        Assert.That((await ReadAllAsync(bytes))?.Code, Is.EqualTo(code));
    }

    [Test]
    public async Task A_grain_beyond_the_end_of_the_file_is_an_error_not_zeros()
    {
        var cut = _delta[..^512];
        Assert.That((await ReadAllAsync(cut))?.Code, Is.EqualTo(BlockErrorCodes.ExtentInvalid));
    }

    [Test]
    public void Random_text_is_a_descriptor_or_a_typed_error()
    {
        var word = Gen.OneOf(
            Gen.OneOf(
                "# Disk DescriptorFile", "version", "CID", "parentCID", "createType", "=", "\"", "\n", "\r\n", " ", "RW", "NOACCESS", "FLAT",
                "ZERO", "ffffffff", "1", "0", "-1", "99999999999999999999", "ddb.", "\0", "#", "parentFileNameHint", "encoding", "utf-7", "\u00e9"),
            Gen.String[0, 5]);
        word.List[0, 40].Sample(
            words =>
            {
                try
                {
                    VmdkDescriptor.Parse("# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\n" + string.Concat(words), "fuzz").ToText();
                }
                catch (BlockDeviceException)
                {
                }
            },
            iter: 3000,
            threads: 1);
    }

    [Test]
    public void Random_bytes_are_a_descriptor_or_a_typed_error() => Gen.Byte.Array[0, 300].Sample(
        bytes =>
        {
            try
            {
                VmdkDescriptor.Parse([.. "# Disk DescriptorFile\nencoding=\"windows-1252\"\n"u8, .. bytes], "fuzz");
            }
            catch (BlockDeviceException)
            {
            }
        },
        iter: 3000,
        threads: 1);

    static async Task<BlockDeviceException?> ReadAllAsync(byte[] delta)
    {
        try
        {
            await using var extent = await CowdExtent.OpenAsync(new MemoryBlockDevice(delta), null, "fuzz", CancellationToken.None);
            var buffer = new byte[64 * 1024];
            for (var offset = 0L; offset < Math.Min(extent.Length, 4 * Length); offset += buffer.Length)
            {
                var piece = (int)Math.Min(buffer.Length, extent.Length - offset);
                await extent.ReadAsync(offset, buffer.AsMemory(0, piece), CancellationToken.None);
            }

            await foreach (var _ in extent.RunsAsync(0, Math.Min(extent.Length, 1L << 32), CancellationToken.None))
            {
            }

            return null;
        }
        catch (BlockDeviceException exception)
        {
            return exception;
        }
    }
}
