using CsCheck;
using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Vmdk.Sparse;

/// <summary>Foreign bytes end in a disk or in a typed error, never in anything else.</summary>
[Parallelizable]
sealed class SparseFuzzTests
{
    const int Length = 3 << 20;

    [TestCase(false)]
    [TestCase(true)]
    public async Task Damaged_images_are_met_with_typed_errors(bool compressed)
    {
        var content = new byte[Length + 512];
        BlockContent.Mixed(60_000).CopyTo(content, 5000);
        BlockContent.Mixed(30_000).CopyTo(content, Length - 29_488);
        var image = compressed ? SparseImage.Stream(content, 8) : SparseImage.Plain(content, 8);
        var clean = image.ToArray();

        // Words of the header and of what the header leads to; bytes anywhere.
        int[] places = [0, image.Directory, (int)Damage.Get32(clean, image.Directory * 512), image.Grains.Values.First(), (clean.Length / 512) - 3,
            (clean.Length / 512) - 2];
        var edge = Gen.OneOf(0u, 1u, 2u, 3u, 8u, 22u, 128u, 512u, 0x10001u, 0x30007u, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu);
        var edit = Gen.Select(
            Gen.OneOf(Gen.Select(Gen.OneOf(places), Gen.Int[0, 40], (sector, word) => (sector * 512) + (word * 2)), Gen.Int[0, clean.Length - 1]),
            Gen.OneOf(edge, Gen.UInt));
        var cut = Gen.Frequency((4, Gen.Const(1.0)), (1, Gen.Double[0, 1]));
        await Gen.Select(edit.List[1, 4], cut).SampleAsync(
            async (edits, keep) =>
            {
                var bytes = clean.ToArray();
                foreach (var (offset, value) in edits)
                {
                    Damage.Put32(bytes, Math.Min(offset, bytes.Length - 4), value);
                }

                await Damage.ReadAsync(bytes[..(int)(bytes.Length * keep)], most: 2 * Length);
            },
            iter: 600,
            threads: 1);
    }

    [Test]
    public async Task Undamaged_they_are_read()
    {
        var content = BlockContent.Mixed(Length + 512);
        await Damage.ExpectContentAsync(SparseImage.Plain(content, 8).ToArray(), content);
        await Damage.ExpectContentAsync(SparseImage.Stream(content, 8).ToArray(), content);
    }
}
