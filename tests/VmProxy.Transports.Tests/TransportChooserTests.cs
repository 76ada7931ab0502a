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

    [Test]
    public void An_explicit_choice_is_replaced_only_where_that_is_allowed()
    {
        var strict = new TransportChooser([_san, _hotAdd], new TransportRules { Order = ["san"], IsExplicit = true }).Choose(Vm, Disk);
        Assert.That(strict.Candidates, Is.Empty);
        var lenient = new TransportChooser(
            [_san, _hotAdd, _network], new TransportRules { Order = ["san"], IsExplicit = true, Fallback = ["san", "hotadd", "nbd"] }).Choose(Vm, Disk);
        Assert.That(
            lenient.Candidates, Is.EqualTo(new[] { new TransportCandidate(_hotAdd, IsFallback: true), new TransportCandidate(_network, IsFallback: true) }));
        Assert.That(lenient.Verdicts.Select(verdict => verdict.Transport), Is.EqualTo(new[] { "san", "hotadd", "nbd" }));
    }

    [TestCase(false, false, false, new[] { "hotadd" })]
    [TestCase(false, true, false, new[] { "hotadd", "own" }, Description = "allowed, as the last resort")]
    [TestCase(false, false, true, new[] { "own", "hotadd" }, Description = "proved by a comparison")]
    [TestCase(true, false, false, new[] { "own", "hotadd" }, Description = "asked for")]
    public void A_form_that_was_verified_on_simulated_hosts_only_needs_a_proof(bool isExplicit, bool allowed, bool proven, string[] expected)
    {
        var own = new StubTransport("own") { NeedsProof = true };
        var choice = new TransportChooser([own, _hotAdd], new TransportRules
        {
            Order = ["own", "hotadd"],
            IsExplicit = isExplicit,
            AllowUnproven = allowed,
            IsProven = (name, _, _) => proven && name == "own",
        }).Choose(Vm, Disk);
        Assert.That(choice.Candidates.Select(candidate => candidate.Transport.Name), Is.EqualTo(expected));
        Assert.That(choice.Verdicts[0].Reasons.Select(reason => reason.Code), proven ? Is.Empty : Is.EqualTo(new[] { TransportCodes.FormUnproven }));
    }

    [Test]
    public void The_form_of_a_disk_names_what_must_be_understood_to_read_it()
    {
        var vmfs = With(Proxy, Store with { VmfsMajorVersion = 6 });
        Assert.That(DiskForm.Of(Disk with { Thin = true }, vmfs), Is.EqualTo("vmfs6/flat/thin/base"));
        Assert.That(
            DiskForm.Of(Disk with { BackingKind = DiskBackingKind.SeSparse, ParentChain = ["[ds1] a.vmdk"] }, vmfs), Is.EqualTo("vmfs6/sesparse/unsaid/chain"));
    }

    sealed class StubTransport(string name, params TransportReason[] reasons) : IDiskTransport
    {
        public string Name => name;

        public bool NeedsProof { get; init; }

        public TransportVerdict Judge(VirtualMachine vm, VirtualDisk disk) => TransportVerdict.From(name, reasons) with { NeedsProof = NeedsProof };

        public Task<OpenedDisk> OpenAsync(SnapshotDiskRequest request, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
