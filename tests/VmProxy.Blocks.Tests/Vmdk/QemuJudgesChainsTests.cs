using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Vmdk;

[Parallelizable]
sealed class QemuJudgesChainsTests
{
    [Test]
    public async Task Qemu_reads_our_chain_as_we_wrote_it()
    {
        using var folder = new TempFolder();
        var content = await TestChain.CreateAsync(folder, 5 * 1024 * 1024 + 512);
        Assert.That((await QemuImg.ReadAsync(folder["vm-000002.vmdk"])).AsSpan().SequenceEqual(content), Is.True);
    }
}
