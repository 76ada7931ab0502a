using VmProxy.Blocks.Qcow2;
using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Qcow2;

/// <summary>QEMU is the judge of what we write.</summary>
sealed class Qcow2ImageTests : BlockDeviceConformance
{
    static readonly string QemuImg = Tool.Require("qemu-img", "qemu-utils");

    [TestCase(512)]
    [TestCase(65536 + 512)]
    [TestCase((20 << 20) + 1024)]
    public async Task Qemu_finds_no_fault_and_the_same_bytes(int length)
    {
        using var folder = new TempFolder();
        var content = BlockContent.Mixed(length, seed: length);
        await File.WriteAllBytesAsync(folder["disk.raw"], content);
        await using (await WriteAsync(folder["disk.qcow2"], content))
        {
        }

        await Tool.RunAsync(QemuImg, ["check", "-f", "qcow2", folder["disk.qcow2"]]);
        await Tool.RunAsync(QemuImg, ["compare", "-f", "raw", "-F", "qcow2", folder["disk.raw"], folder["disk.qcow2"]]);
    }

    [Test]
    public async Task An_empty_terabyte_costs_a_few_clusters()
    {
        using var folder = new TempFolder();
        await using (var source = await WritableFileBlockDevice.CreateAsync(folder["empty.raw"], 1L << 40))
        {
            await using var image = await Qcow2Image.CreateAsync(source, Create(folder["empty.qcow2"]), default);
        }

        Assert.That(new FileInfo(folder["empty.qcow2"]).Length, Is.LessThan(1 << 20));
        await Tool.RunAsync(QemuImg, ["compare", "-f", "raw", "-F", "qcow2", folder["empty.raw"], folder["empty.qcow2"]]);
    }

    [Test]
    public async Task What_the_source_did_not_hold_cannot_be_written()
    {
        using var folder = new TempFolder();
        await using var image = await WriteAsync(folder["disk.qcow2"], new byte[1 << 20]);
        Assert.That(async () => await image.WriteAsync(0, new byte[512], default), Throws.InvalidOperationException);
    }

    protected override async Task<ConformanceSubject> OpenAsync()
    {
        var folder = new TempFolder();
        var content = BlockContent.Mixed(3 << 20, seed: 5);
        return new ConformanceSubject(await WriteAsync(folder["disk.qcow2"], content), content, () =>
        {
            folder.Dispose();
            return ValueTask.CompletedTask;
        });
    }

    static async Task<Qcow2Image> WriteAsync(string path, byte[] content)
    {
        await using var source = new MemoryBlockDevice(content);
        var image = await Qcow2Image.CreateAsync(source, Create(path), default);
        await foreach (var run in source.RunsAsync(0, content.Length, default))
        {
            if (run.Kind == BlockRunKind.Data)
            {
                await image.WriteAsync(run.Offset, content.AsMemory((int)run.Offset, (int)run.Length), default);
            }
        }

        await image.FlushAsync(default);
        return image;
    }

    static Func<long, Task<IWritableBlockDevice>> Create(string path) =>
        async length => await WritableFileBlockDevice.CreateAsync(path, length);
}
