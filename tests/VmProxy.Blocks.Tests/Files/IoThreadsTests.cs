using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Files;

[NonParallelizable]
sealed class IoThreadsTests
{
    [Test]
    public async Task A_read_of_a_disposed_file_says_so()
    {
        using var folder = new TempFolder();
        await File.WriteAllBytesAsync(folder["disk"], new byte[4096]);
        var disk = await FileBlockDevice.OpenAsync(folder["disk"]);
        await disk.DisposeAsync();
        Assert.That(async () => await disk.ReadAsync(0, new byte[1], CancellationToken.None), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public async Task Disposing_lets_queued_reads_end()
    {
        using var folder = new TempFolder();
        await File.WriteAllBytesAsync(folder["disk"], BlockContent.Mixed(1 << 20));
        var disk = await FileBlockDevice.OpenAsync(folder["disk"], maxInFlight: 1);
        var reads = Enumerable.Range(0, 50).Select(_ => disk.ReadAsync(0, new byte[1 << 20], CancellationToken.None).AsTask()).ToArray();
        await disk.DisposeAsync();
        await Task.WhenAll(reads);
    }

    [Test]
    public async Task A_steady_stream_of_reads_allocates_next_to_nothing()
    {
        const int Reads = 20_000;
        using var folder = new TempFolder();
        await File.WriteAllBytesAsync(folder["disk"], BlockContent.Mixed(1 << 20));
        await using var disk = await FileBlockDevice.OpenAsync(folder["disk"], maxInFlight: 2);
        var buffer = new byte[4096];
        async Task ReadManyAsync()
        {
            for (var i = 0; i < Reads; i++)
            {
                await disk.ReadAsync(i, buffer, CancellationToken.None);
            }
        }

        await Task.Run(ReadManyAsync);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        await Task.Run(ReadManyAsync);
        Assert.That((GC.GetTotalAllocatedBytes(precise: true) - before) / Reads, Is.LessThan(64), "bytes a read");
    }
}
