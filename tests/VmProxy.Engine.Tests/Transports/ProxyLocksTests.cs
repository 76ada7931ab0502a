using VmProxy.Engine.Transports;
using VmProxy.Testing;
using VmProxy.Transports;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Tests.Transports;

/// <summary>Every process of the installation makes its own object on the same folder, as these tests do.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
sealed class ProxyLocksTests : IDisposable
{
    static readonly ObjectId Proxy = new("VirtualMachine", "vm-9");

    readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Test]
    public async Task Places_are_shared_and_come_free_again()
    {
        var first = await Slots().TakeAsync(Proxy, 2, default);
        await using var second = await Slots().TakeAsync(Proxy, 2, default);
        await using (await Slots().TakeAsync(new ObjectId("VirtualMachine", "vm-10"), 2, default))
        {
            var third = Slots().TakeAsync(Proxy, 2, default);
            Assert.That(third.IsCompleted, Is.False);
            await first.DisposeAsync();
            await (await third.WaitAsync(TimeSpan.FromSeconds(30))).DisposeAsync();
        }
    }

    [Test]
    public async Task One_turn_comes_after_the_other()
    {
        var changing = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            await using var turn = await Turns().TakeAsync(Proxy, default);
            Assert.That(Interlocked.Increment(ref changing), Is.EqualTo(1));
            await Task.Yield();
            Interlocked.Decrement(ref changing);
        }));
    }

    [Test]
    public async Task Waiting_can_be_cancelled()
    {
        await using var held = await Turns().TakeAsync(Proxy, default);
        using var source = new CancellationTokenSource();
        var waiting = Turns().TakeAsync(Proxy, source.Token);
        await source.CancelAsync();
        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void A_folder_that_cannot_be_written_is_named()
    {
        File.WriteAllText(_folder["locks"], "a file");
        var error = Assert.ThrowsAsync<Failures.EngineException>(async () => await Turns().TakeAsync(Proxy, default));
        Assert.That(error!.Failure.Code, Is.EqualTo(Backup.ReasonCodes.StateUnwritable));
        Assert.That(error.Failure.Object, Does.StartWith(_folder["locks"]));
    }

    IProxySlots Slots() => new ProxyLocks(_folder["locks"], TimeProvider.System);

    IProxyTurns Turns() => new ProxyLocks(_folder["locks"], TimeProvider.System);
}
