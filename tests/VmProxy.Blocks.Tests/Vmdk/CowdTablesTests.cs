using VmProxy.Blocks.Vmdk;
using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Vmdk;

[Parallelizable]
sealed class CowdTablesTests
{
    const int Tables = 600;
    const long Span = 2 * 1024 * 1024;

    [Test]
    public async Task More_tables_than_are_cached_lose_nothing()
    {
        using var folder = new TempFolder();
        var random = new Random(5);
        var written = new Dictionary<long, byte[]>();
        await using (var delta = await WritableCowdExtent.CreateAsync(folder["d"], Tables * Span, null, CancellationToken.None))
        {
            for (var i = 0; i < 3 * Tables; i++)
            {
                var offset = (random.Next(Tables) * Span) + (random.Next(4096) * 512);
                var data = new byte[512];
                random.NextBytes(data);
                await delta.WriteAsync(offset, data, CancellationToken.None);
                written[offset] = data;
            }

            await delta.FlushAsync(CancellationToken.None);
        }

        await using var reopened = await CowdExtent.OpenAsync(
            await FileBlockDevice.OpenAsync(folder["d"]), null, "d", CancellationToken.None);
        var buffer = new byte[512];
        foreach (var (offset, data) in written)
        {
            await reopened.ReadAsync(offset, buffer, CancellationToken.None);
            Assert.That(buffer.AsSpan().SequenceEqual(data), Is.True, $"at {offset}");
        }
    }

    [Test]
    public async Task Reads_beside_writes_see_old_or_new_sectors_whole()
    {
        using var folder = new TempFolder();
        await using var delta = await WritableCowdExtent.CreateAsync(folder["d"], 4 * Span, null, CancellationToken.None);
        using var done = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 4).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            var buffer = new byte[8192];
            while (!done.IsCancellationRequested)
            {
                await delta.ReadAsync(random.Next((int)(4 * Span / 512) - 16) * 512L, buffer, CancellationToken.None);
                for (var sector = 0; sector < buffer.Length; sector += 512)
                {
                    Assert.That(buffer.AsSpan(sector, 512).ContainsAnyExcept(buffer[sector]), Is.False, "a sector is of one write");
                }
            }
        })).ToArray();
        var writes = new Random(9);
        var data = new byte[8192];
        for (var i = 1; i < 2000; i++)
        {
            data.AsSpan().Fill((byte)i);
            await delta.WriteAsync(writes.Next((int)(4 * Span / 512) - 16) * 512L, data, CancellationToken.None);
        }

        await done.CancelAsync();
        await Task.WhenAll(readers);
    }
}
