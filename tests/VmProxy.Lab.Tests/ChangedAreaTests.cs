using VmProxy.Lab.Storage;
using VmProxy.Vim25;

namespace VmProxy.Lab.Tests;

/// <summary>Changed areas of a whole server under random work, against a model that remembers every write and every state.</summary>
public sealed class ChangedAreaTests
{
    const int Size = 4 << 20;
    const int Steps = 60;
    const int MostSnapshots = 5;

    static readonly ManagedObjectReference Collector = new("PropertyCollector", "propertyCollector");

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public async Task Name_exactly_the_blocks_written_between_two_snapshots_of_one_epoch(int seed)
    {
        await using var lab = await LabFixture.StartAsync(options => options.VirtualMachines =
        [
            new LabVmOptions { Name = "vm", ChangeTracking = true, Disks = [new LabDiskOptions { Size = Size, Thin = false }] },
        ]);
        using var client = await LabTestClient.LoginAsync(lab.Server);
        var (control, random) = (lab.Server.Control, new Random(seed));
        var (content, epoch) = (new byte[Size], 0);
        var writes = new List<(long Offset, int Length)>();
        var known = new List<State>();

        for (var step = 0; step < Steps; step++)
        {
            var chosen = known.Count == 0 ? null : known[random.Next(known.Count)];
            switch (random.Next(8))
            {
                case 0 when chosen is not null:
                    await client.FinishAsync(await client.Vim.RemoveSnapshotTaskAsync(chosen.Reference, removeChildren: false));
                    known.Remove(chosen);
                    break;
                case 1 when chosen is not null:
                    await control.Operator.RevertAsync("vm", chosen.Reference.Value);
                    control.Operator.SetPower("vm", on: true);
                    content = [.. chosen.Content];
                    epoch++;
                    break;
                case 2 or 3 when known.Count < MostSnapshots:
                    var reference = new ManagedObjectReference("VirtualMachineSnapshot", await control.Operator.CreateSnapshotAsync("vm", $"at {step}"));
                    known.Add(new State(reference, await ChangeIdAsync(client, reference), epoch, writes.Count, [.. content]));
                    break;
                default:
                    var data = new byte[random.Next(1, 200_000)];
                    random.NextBytes(data);
                    var offset = random.Next(0, Size - data.Length);
                    await control.Guest.WriteAsync("vm", 0, offset, data);
                    data.CopyTo(content, offset);
                    writes.Add((offset, data.Length));
                    break;
            }

            Assert.That(control.ReadDisk("vm", 0, 0, Size).AsSpan().SequenceEqual(content), $"the disk after step {step}");
        }

        foreach (var (from, to) in known.SelectMany((second, index) => known.Take(index + 1).Select(first => (first, second))))
        {
            Assert.That(control.ReadSnapshotDisk("vm", to.Reference.Value, 0, 0, Size).AsSpan().SequenceEqual(to.Content));
            await CompareAsync(client, from, to, writes);
        }
    }

    static async Task CompareAsync(LabTestClient client, State from, State to, List<(long Offset, int Length)> writes)
    {
        if (from.Epoch != to.Epoch)
        {
            var fault = Assert.ThrowsAsync<VimFaultException>(() => client.ChangedBlocksAsync("vm", to.Reference.Value, from.ChangeId));
            Assert.That(fault!.Fault, Is.TypeOf<FileFault>());
            return;
        }

        var told = await client.ChangedBlocksAsync("vm", to.Reference.Value, from.ChangeId);
        var written = writes[from.Writes..to.Writes].SelectMany(Blocks).Distinct().Order();
        var different = Enumerable.Range(0, Size / ChangeTracker.BlockSize)
            .Select(block => block * ChangeTracker.BlockSize)
            .Where(at => !from.Content.AsSpan(at, ChangeTracker.BlockSize).SequenceEqual(to.Content.AsSpan(at, ChangeTracker.BlockSize)))
            .Select(at => (long)at);
        Assert.That(told, Is.EqualTo(written));
        Assert.That(told, Is.SupersetOf(different));
    }

    static IEnumerable<long> Blocks((long Offset, int Length) write)
    {
        for (var block = write.Offset / ChangeTracker.BlockSize; block <= (write.Offset + write.Length - 1) / ChangeTracker.BlockSize; block++)
        {
            yield return block * ChangeTracker.BlockSize;
        }
    }

    static async Task<string> ChangeIdAsync(LabTestClient client, ManagedObjectReference snapshot)
    {
        var spec = new PropertyFilterSpec
        {
            ObjectSet = [new ObjectSpec { Obj = snapshot }],
            PropSet = [new PropertySpec { Type = "VirtualMachineSnapshot", PathSet = ["config.hardware.device"] }],
        };
        var result = await client.Vim.RetrievePropertiesExAsync(Collector, [spec], new RetrieveOptions());
        var disk = ((VimArray)result!.Objects[0].PropSet[0].Val!).Of<VirtualDisk>()[0];
        return ((VirtualDiskFlatVer2BackingInfo)disk.Backing!).ChangeId!;
    }

    sealed record State(ManagedObjectReference Reference, string ChangeId, int Epoch, int Writes, byte[] Content);
}
