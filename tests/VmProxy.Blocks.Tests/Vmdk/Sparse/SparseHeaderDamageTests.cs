using System.Text;
using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Vmdk.Sparse;

[Parallelizable]
sealed class SparseHeaderDamageTests
{
    static readonly byte[] Content = BlockContent.Mixed((5 << 20) + 512);
    static readonly byte[] Plain = SparseImage.Plain(Content, 8).ToArray();
    static readonly byte[] Stream = SparseImage.Stream(Content, 8).ToArray();

    [TestCase(0x00, 0x12345678u, BlockErrorCodes.DescriptorInvalid)]
    [TestCase(0x04, 0u, BlockErrorCodes.DescriptorUnsupported)]
    [TestCase(0x04, 4u, BlockErrorCodes.DescriptorUnsupported)]
    [TestCase(0x08, 0x80000003u, BlockErrorCodes.DescriptorUnsupported)]
    [TestCase(0x08, 0x00010003u, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x0C, 1u, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x0C, 0xFFFFFFFFu, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x10, 0x80000000u, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x14, 0u, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x14, 4u, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x14, 9u, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x14, 16u, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x14, 4096u, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x14, 0x80000000u, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x18, 1u, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x1C, 0u, BlockErrorCodes.DescriptorInvalid)]
    [TestCase(0x1C, 0xFFFFFFu, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x20, 0x80000000u, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x24, 0u, BlockErrorCodes.DescriptorInvalid)]
    [TestCase(0x24, 0xFFFFFFFFu, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x28, 0x80000000u, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x2C, 0u, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x2C, 511u, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x2C, 0xFFFFFFFFu, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x4D, 1u, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x4D, 2u, BlockErrorCodes.DescriptorUnsupported)]
    public async Task Each_field_is_checked(int offset, uint value, string code)
    {
        var image = Plain.ToArray();
        Damage.Put32(image, offset, value);
        await Damage.ExpectAsync(image, code);
    }

    [TestCase(0x08, 0x00010001u, BlockErrorCodes.DescriptorUnsupported)]
    [TestCase(0x08, 0x00020001u, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x4D, 0u, BlockErrorCodes.ExtentInvalid)]
    [TestCase(0x14, 16u, BlockErrorCodes.ExtentInvalid)]
    public async Task Each_field_of_a_stream_is_checked(int offset, uint value, string code)
    {
        var image = Stream.ToArray();
        Damage.Put32(image, offset, value);
        await Damage.ExpectAsync(image, code);
    }

    [TestCase(0x30)]
    [TestCase(0x38)]
    public async Task One_directory_is_enough(int field)
    {
        foreach (var place in (ulong[])[0, 0xFFFFFF, ulong.MaxValue - 1, 1UL << 55])
        {
            var image = Plain.ToArray();
            Damage.Put64(image, field, place);
            await Damage.ExpectContentAsync(image, Content);
        }
    }

    [TestCase(0UL)]
    [TestCase(0xFFFFFFUL)]
    [TestCase(1UL << 55)]
    public async Task Without_any_directory_there_is_no_disk(ulong place)
    {
        var image = Plain.ToArray();
        Damage.Put64(image, 0x30, place);
        Damage.Put64(image, 0x38, place);
        await Damage.ExpectAsync(image, BlockErrorCodes.ExtentInvalid, "directory");
    }

    [TestCase(0x40)]
    [TestCase(0x48)]
    public async Task What_tells_nothing_of_the_data_is_not_believed(int offset)
    {
        var image = Plain.ToArray();
        image[offset] ^= 0x5A;
        await Damage.ExpectContentAsync(image, Content);
    }

    [Test]
    public async Task A_capacity_in_whole_grains_is_as_good_as_the_descriptors()
    {
        var image = SparseImage.Plain(Content, 128).ToArray();
        Damage.Put64(image, 0x0C, (((ulong)Content.Length / 512) + 127) / 128 * 128);
        await Damage.ExpectContentAsync(image, Content);
    }

    [TestCase("\n", "\r\n")]
    [TestCase("\r\n", "\n")]
    [TestCase("\r", "\n")]
    [TestCase("\n", "\r")]
    public async Task A_transfer_in_text_mode_is_named(string from, string to)
    {
        var latin = Encoding.Latin1;
        foreach (var image in (byte[][])[Plain, Stream])
        {
            var changed = latin.GetBytes(latin.GetString(image).Replace(from, to, StringComparison.Ordinal));
            await Damage.ExpectAsync(changed, BlockErrorCodes.ExtentInvalid, "binary mode");
        }
    }

    [Test]
    public async Task A_file_that_is_cut_off_anywhere_is_an_error()
    {
        // The last grain is whole and held, so that each byte counts.
        var content = BlockContent.Mixed(2 << 20);
        content[^1] = 1;
        foreach (var image in (byte[][])[SparseImage.Plain(content, 8).ToArray(), SparseImage.Stream(content, 8).ToArray()])
        {
            var random = new Random(11);
            int[] lengths = [4, 100, 511, 512, 1000, 2048, 12 * 1024, image.Length - 1, image.Length - 512, image.Length - 1024, image.Length - 1536,
                .. Enumerable.Range(0, 20).Select(_ => random.Next(image.Length))];
            foreach (var length in lengths)
            {
                var (_, error) = await Damage.ReadAsync(image[..length]);
                Assert.That(error?.Code, Is.AnyOf(BlockErrorCodes.ExtentInvalid, BlockErrorCodes.DescriptorInvalid), $"at {length}");
            }
        }
    }

    [TestCase(0L, 2UL)]
    [TestCase(8L, 1UL)]
    [TestCase(12L, 2UL)]
    [TestCase(512L, 0UL)]
    [TestCase(512L + 0x0C, 1UL)]
    [TestCase(512L + 0x14, 16UL)]
    [TestCase(512L + 0x38, ulong.MaxValue)]
    [TestCase(512L + 0x38, 0UL)]
    [TestCase(512L + 0x38, 0xFFFFFFUL)]
    [TestCase(1024L, 1UL)]
    [TestCase(1032L, 1UL)]
    public async Task The_footer_is_checked(long offset, ulong value)
    {
        var image = Stream.ToArray();
        Damage.Put64(image, image.Length - 1536 + offset, value);
        await Damage.ExpectAsync(image, BlockErrorCodes.ExtentInvalid);
    }

    [Test]
    public async Task A_header_without_capacity_holds_a_descriptor_of_other_files()
    {
        var image = Plain.ToArray();
        Damage.Put64(image, 0x0C, 0);
        var (_, error) = await Damage.ReadAsync(image);
        Assert.That((error?.Code, error?.Device), Is.EqualTo((BlockErrorCodes.NotFound, "call-me-stream.vmdk")));
    }

    [Test]
    public async Task A_descriptor_that_names_other_files_is_refused()
    {
        var image = Plain.ToArray();
        "FLAT  "u8.CopyTo(image.AsSpan(image.AsSpan().IndexOf("SPARSE"u8)));
        await Damage.ExpectAsync(image, BlockErrorCodes.DescriptorUnsupported, "other extents");
    }

    [Test]
    public async Task A_directory_beyond_all_disks_is_not_loaded()
    {
        const long Sectors = 1L << 45;
        var image = Plain.ToArray();
        Damage.Put64(image, 0x0C, Sectors);
        var line = $"RW {Sectors} SPARSE \"x\"\n";
        var at = image.AsSpan().IndexOf("RW "u8);
        Encoding.ASCII.GetBytes(line).CopyTo(image, at);
        image.AsSpan(at + line.Length, 200).Clear();
        await Damage.ExpectAsync(image, BlockErrorCodes.DescriptorUnsupported, "grain tables");
    }
}
