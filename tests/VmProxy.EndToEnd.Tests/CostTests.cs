using System.Security.Cryptography;
using System.Text.Json;
using VmProxy.Lab;

namespace VmProxy.EndToEnd.Tests;

/// <summary>The cost of an incremental follows the bytes that changed. Counted, not timed.</summary>
sealed class CostTests : EndToEndFixture
{
    const long DiskSize = 4L << 30;
    const long DataSize = 1L << 30;
    const int Chunk = 64 << 10;
    const int Changes = (int)(DiskSize / Chunk / 100);

    [Test]
    [Category("Slow")]
    public async Task One_percent_of_random_changes_costs_one_percent()
    {
        await StartLabAsync(options =>
        {
            options.HashLimit = 0;
            options.VirtualMachines.Add(new LabVmOptions
            {
                Name = "web01",
                ChangeTracking = true,
                Disks = [new LabDiskOptions { Size = DiskSize, Data = [new LabDataOptions { Length = DataSize, Seed = 1 }] }],
            });
        });
        var full = Vm(await RunAsync("backup", "--json"));
        var sizeBefore = RepositorySize();

        var random = new Random(20);
        var chunks = Enumerable.Range(0, (int)(DiskSize / Chunk)).ToArray();
        random.Shuffle(chunks);
        foreach (var chunk in chunks.Take(Changes))
        {
            await Bench.Lab.Control.Guest.WriteAsync("web01", 0, (long)chunk * Chunk, RandomNumberGenerator.GetBytes(Chunk));
        }

        var incremental = Vm(await RunAsync("backup", "--json"));
        const double Changed = (double)Changes * Chunk;
        var disk = incremental.GetProperty("disks")[0];
        var read = disk.GetProperty("readBytes").GetInt64();
        var stored = incremental.GetProperty("storedBytes").GetInt64();
        var metadata = incremental.GetProperty("metadataBytes").GetInt64();
        var grown = RepositorySize() - sizeBefore;
        await TestContext.Out.WriteLineAsync(
            $"full: {full.GetProperty("storedBytes").GetInt64()} bytes stored; {Changes} chunks = {Changed} bytes changed: read {read / Changed:0.0000} x, "
            + $"stored {stored / Changed:0.0000} x, of that metadata {metadata / Changed:0.0000} x; repository grown by {grown / Changed:0.0000} x");
        Assert.That(disk.GetProperty("level").GetString(), Is.EqualTo("incremental"));
        Assert.That(read, Is.InRange(Changed, 1.05 * Changed));
        Assert.That(stored, Is.InRange(Changed, 1.1 * Changed));
        Assert.That(grown, Is.InRange(Changed, 1.1 * Changed));
        Assert.That(metadata, Is.LessThanOrEqualTo(0.1 * Changed));
    }

    static JsonElement Vm(ChildResult result) => result.Expect(Done).Json.GetProperty("virtualMachines")[0];

    long RepositorySize() =>
        new DirectoryInfo(Bench.RepositoryFolder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
}
