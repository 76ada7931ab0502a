using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Vmdk.Sparse;

/// <summary>Directories, tables and where grains lie.</summary>
[Parallelizable]
sealed class SparseTableDamageTests
{
    const int Sector = SparseImage.Sector;

    static readonly byte[] Content = BlockContent.Mixed((5 << 20) + 512);
    static readonly SparseImage Plain = SparseImage.Plain(Content, 8);
    static readonly SparseImage Stream = SparseImage.Stream(Content, 8);

    /// <summary>An entry that cannot be right: the header, the descriptor, a table, another grain in part, the end of the file.</summary>
    static IEnumerable<uint> Insane(SparseImage image, byte[] bytes, uint table) =>
        [1, SparseImage.DescriptorSector + 3, (uint)image.Directory, table + 1, (uint)image.Grains.Values.ElementAt(5) + 1,
            (uint)(bytes.Length / Sector), uint.MaxValue];

    [Test]
    public async Task An_entry_that_cannot_be_right_is_taken_from_the_redundant_table()
    {
        var clean = Plain.ToArray();
        var table = Damage.Get32(clean, Plain.Directory * Sector);
        foreach (var entry in Insane(Plain, clean, table))
        {
            var image = Plain.ToArray();
            Damage.Put32(image, (table * Sector) + (Plain.Grains.Keys.First() * 4), entry);
            await Damage.ExpectContentAsync(image, Content);
        }
    }

    [Test]
    public async Task An_entry_that_cannot_be_right_in_either_table_is_an_error()
    {
        var clean = Plain.ToArray();
        var tables = new[] { Damage.Get32(clean, Plain.Directory * Sector), Damage.Get32(clean, Plain.Redundant * Sector) };
        foreach (var entry in Insane(Plain, clean, tables[0]))
        {
            var image = Plain.ToArray();
            foreach (var table in tables)
            {
                Damage.Put32(image, (table * Sector) + (Plain.Grains.Keys.First() * 4), entry == tables[0] + 1 ? table + 1 : entry);
            }

            await Damage.ExpectAsync(image, BlockErrorCodes.ExtentInvalid, "grain table 0");
        }
    }

    [Test]
    public async Task An_entry_of_a_stream_that_cannot_be_right_is_an_error()
    {
        var clean = Stream.ToArray();
        var table = Damage.Get32(clean, Stream.Directory * Sector);
        foreach (var entry in Insane(Stream, clean, table))
        {
            var image = Stream.ToArray();
            Damage.Put32(image, (table * Sector) + (Stream.Grains.Keys.First() * 4), entry);
            await Damage.ExpectAsync(image, BlockErrorCodes.ExtentInvalid);
        }
    }

    [Test]
    public async Task A_table_that_is_lost_is_taken_from_the_other_directory()
    {
        foreach (var place in (uint[])[0, 1, (uint)Plain.Directory, 0xFFFFFF, uint.MaxValue])
        {
            foreach (var directory in (int[])[Plain.Directory, Plain.Redundant])
            {
                var image = Plain.ToArray();
                Damage.Put32(image, (directory * Sector) + 4, place);
                await Damage.ExpectContentAsync(image, Content);
            }
        }
    }

    [TestCase(1u)]
    [TestCase(0xFFFFFFu)]
    [TestCase(uint.MaxValue)]
    public async Task A_table_that_is_lost_in_both_directories_is_an_error(uint place)
    {
        var image = Plain.ToArray();
        Damage.Put32(image, (Plain.Directory * Sector) + 4, place);
        Damage.Put32(image, (Plain.Redundant * Sector) + 4, place);
        await Damage.ExpectAsync(image, BlockErrorCodes.ExtentInvalid, "grain table 1");
    }

    [Test]
    public async Task A_table_of_a_stream_that_is_lost_is_an_error()
    {
        foreach (var place in (uint[])[1, (uint)Stream.Directory, 0xFFFFFF, uint.MaxValue])
        {
            var image = Stream.ToArray();
            Damage.Put32(image, (Stream.Directory * Sector) + 4, place);
            await Damage.ExpectAsync(image, BlockErrorCodes.ExtentInvalid, "grain table 1");
        }
    }

    [Test]
    public async Task Two_tables_that_share_their_grains_are_an_error()
    {
        var image = Plain.ToArray();
        foreach (var directory in (int[])[Plain.Directory, Plain.Redundant])
        {
            Damage.Put32(image, (directory * Sector) + 4, Damage.Get32(image, directory * Sector));
        }

        await Damage.ExpectAsync(image, BlockErrorCodes.ExtentInvalid, "another table");

        image = Stream.ToArray();
        Damage.Put32(image, (Stream.Directory * Sector) + 4, Damage.Get32(image, Stream.Directory * Sector));
        await Damage.ExpectAsync(image, BlockErrorCodes.ExtentInvalid, "marker of disk sector");
    }

    [Test]
    public async Task A_table_or_directory_that_cannot_be_read_is_taken_from_its_copy()
    {
        var image = Plain.ToArray();
        var table = Damage.Get32(image, (Plain.Directory * Sector) + 4);
        foreach (var sector in (long[])[Plain.Directory, Plain.Redundant, table])
        {
            await Damage.ExpectContentAsync(image, Content, file => new BadSectorDevice(file, sector * Sector));
        }
    }

    [Test]
    public async Task A_grain_that_cannot_be_read_is_the_files_error()
    {
        var grain = (long)Plain.Grains.Values.Last() * Sector;
        var (_, error) = await Damage.ReadAsync(Plain.ToArray(), through: file => new BadSectorDevice(file, grain));
        Assert.That(error?.Code, Is.EqualTo(BlockErrorCodes.ReadFailed));
    }

    /// <summary>A disk with one sector that cannot be read.</summary>
    sealed class BadSectorDevice(IBlockDevice inner, long bad) : IBlockDevice
    {
        public long Length => inner.Length;

        public int SectorSize => inner.SectorSize;

        public int PreferredReadSize => inner.PreferredReadSize;

        public int MaxInFlight => inner.MaxInFlight;

        public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
            offset <= bad && bad < offset + buffer.Length
                ? throw new BlockDeviceException(BlockErrorCodes.ReadFailed, MemoryVmdkFiles.Name, $"Reading {MemoryVmdkFiles.Name} at {offset} failed.")
                : inner.ReadAsync(offset, buffer, cancellationToken);

        public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken) =>
            inner.RunsAsync(offset, length, cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
