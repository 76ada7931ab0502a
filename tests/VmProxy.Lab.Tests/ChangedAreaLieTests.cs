using VmProxy.Lab.Storage;
using VmProxy.Vim25;

namespace VmProxy.Lab.Tests;

/// <summary>A server that lies does so just as the fault's name says, and tells the truth again after that.</summary>
public sealed class ChangedAreaLieTests
{
    const int Blocks = 1000;
    const long Block = ChangeTracker.BlockSize;

    [Test]
    public async Task Each_lie_is_the_one_that_was_asked_for()
    {
        await using var lab = await LabFixture.StartAsync(options => options.VirtualMachines =
        [
            new LabVmOptions { Name = "vm", ChangeTracking = true, Disks = [new LabDiskOptions { Size = Blocks * Block }] },
        ]);
        using var client = await LabTestClient.LoginAsync(lab.Server);
        var control = lab.Server.Control;
        var first = await SnapshotAsync("first");
        for (var block = 0; block < Blocks; block += 2)
        {
            await control.Guest.WriteRandomAsync("vm", 0, block * Block, 1, seed: block);
        }

        var second = await SnapshotAsync("second");
        var truth = await AskAsync();
        Assert.That(truth, Is.EqualTo(Enumerable.Range(0, Blocks / 2).Select(index => 2 * index * Block)));

        var half = await LieAsync("cbt-missing:rate:0.5");
        Assert.That(half, Is.SubsetOf(truth));
        Assert.That(half, Has.Count.InRange(200, 300));
        Assert.That(await LieAsync("cbt-missing:rate:0.5"), Is.EqualTo(half), "a seed leaves out the same blocks each time");
        Assert.That(await LieAsync("cbt-missing:rate:0.5:9"), Is.Not.EqualTo(half));
        Assert.That(await LieAsync($"cbt-missing:range:{100 * Block}:{20 * Block}"), Is.EqualTo(truth.Where(at => at < 100 * Block || at >= 120 * Block)));
        Assert.That(await LieAsync("cbt-truncated:3"), Is.EqualTo(truth.Take(3)));
        Assert.That(await LieAsync("cbt-overlapping"), Is.SupersetOf(truth).And.Not.Ordered.And.Not.Unique);
        Assert.That((await LieAsync("cbt-out-of-range")).Max(), Is.GreaterThan(Blocks * Block));
        Assert.That((await LieAsync("cbt-out-of-range:end")).Where(at => at >= Blocks * Block), Has.Exactly(3).Items);
        Assert.That(await AskAsync(), Is.EqualTo(truth));

        await control.Guest.WriteRandomAsync("vm", 0, Block, 1, seed: 1);
        control.ArmFault("cbt-stale-epoch");
        control.Operator.ResetChangeTracking("vm");
        await control.Guest.WriteRandomAsync("vm", 0, 3 * Block, 1, seed: 2);
        var hidden = await SnapshotAsync("hidden");
        Assert.That(await client.ChangedBlocksAsync("vm", hidden.Value, await ChangeIdAsync(second)), Is.EqualTo(new[] { 3 * Block }), "and nothing says that block 1 was written");

        Task<List<long>> AskAsync() => AskSinceAsync(second);

        async Task<List<long>> AskSinceAsync(ManagedObjectReference to) => await client.ChangedBlocksAsync("vm", to.Value, await ChangeIdAsync(first));

        async Task<List<long>> LieAsync(string lie)
        {
            control.ArmFault(lie);
            return await AskAsync();
        }

        async Task<ManagedObjectReference> SnapshotAsync(string name) => new("VirtualMachineSnapshot", await control.Operator.CreateSnapshotAsync("vm", name));

        async Task<string> ChangeIdAsync(ManagedObjectReference snapshot)
        {
            var spec = new PropertyFilterSpec
            {
                ObjectSet = [new ObjectSpec { Obj = snapshot }],
                PropSet = [new PropertySpec { Type = "VirtualMachineSnapshot", PathSet = ["config.hardware.device"] }],
            };
            var result = await client.Vim.RetrievePropertiesExAsync(
                new ManagedObjectReference("PropertyCollector", "propertyCollector"), [spec], new RetrieveOptions());
            return ((VirtualDiskFlatVer2BackingInfo)((VimArray)result!.Objects[0].PropSet[0].Val!).Of<VirtualDisk>()[0].Backing!).ChangeId!;
        }
    }
}
