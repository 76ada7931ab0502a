using VmProxy.Vsphere;
using static VmProxy.Transports.Tests.TestInventory;

namespace VmProxy.Transports.Tests;

[Parallelizable]
sealed class TransportChooserTests
{
    readonly StubTransport _san = new("san", new TransportReason("SAN_LUN_NOT_VISIBLE", "the LUN is not here"));
    readonly StubTransport _hotAdd = new("hotadd", new TransportReason("NOTE", "slow", Blocks: false));
    readonly StubTransport _network = new("nbd");

    [Test]
    public void The_first_usable_in_the_configured_order_is_chosen_and_every_verdict_kept()
    {
        var choice = new TransportChooser([_network, _hotAdd, _san], ["san", "HotAdd", "nbd"]).Choose(Vm, Disk);
        Assert.That(choice.Transport, Is.SameAs(_hotAdd));
        Assert.That(choice.Verdicts.Select(verdict => (verdict.Transport, verdict.Usable)), Is.EqualTo(new[] { ("san", false), ("hotadd", true), ("nbd", true) }));
    }

    [Test]
    public void What_is_not_allowed_is_never_used()
    {
        var choice = new TransportChooser([_san, _hotAdd, _network], ["san"]).Choose(Vm, Disk);
        Assert.That(choice.Transport, Is.Null);
        Assert.That(
            () => choice.Require(new SnapshotDiskRequest(Vm, Snapshot, Disk)),
            Throws.InstanceOf<TransportException>().With.Property("Code").EqualTo(TransportCodes.NoneUsable)
                .And.Message.Contains("SAN_LUN_NOT_VISIBLE").And.Message.Contains("Hard disk 1 of mail"));
    }

    [Test]
    public void An_unknown_name_is_refused_with_those_allowed() => Assert.That(
        () => new TransportChooser([_san, _hotAdd], ["tape"]),
        Throws.InstanceOf<TransportException>().With.Property("Code").EqualTo(TransportCodes.Unknown).And.Message.Contains("san, hotadd"));

    sealed class StubTransport(string name, params TransportReason[] reasons) : IDiskTransport
    {
        public string Name => name;

        public TransportVerdict Judge(VirtualMachine vm, VirtualDisk disk) => TransportVerdict.From(name, reasons);

        public Task<OpenedDisk> OpenAsync(SnapshotDiskRequest request, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
