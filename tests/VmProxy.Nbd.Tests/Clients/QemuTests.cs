using System.Text.Json;
using VmProxy.Testing;

namespace VmProxy.Nbd.Tests.Clients;

sealed class QemuTests
{
    static readonly byte[] Content = BlockContent.Mixed(6 * 1024 * 1024, seed: 5);

    [Test]
    public async Task Qemu_finds_no_difference()
    {
        await using var served = await Served.StartAsync(new MemoryBlockDevice(Content));
        await File.WriteAllBytesAsync(served["raw"], Content);
        await Programs.QemuAsync("compare", "-f", "raw", "-F", "raw", served.Uri, served["raw"]);
        await Programs.QemuAsync("compare", "-s", "-f", "raw", "-F", "raw", served.Uri, served.Uri);
    }

    [Test]
    public async Task Qemu_converts_what_is_served()
    {
        await using var served = await Served.StartAsync(new MemoryBlockDevice(Content));
        await Programs.QemuAsync("convert", "-m", "16", "-W", "-f", "raw", "-O", "qcow2", served.Uri, served["copy.qcow2"]);
        await Programs.QemuAsync("convert", "-f", "qcow2", "-O", "raw", served["copy.qcow2"], served["copy"]);
        Assert.That(await File.ReadAllBytesAsync(served["copy"]), Is.EqualTo(Content));
    }

    [Test]
    public async Task Qemu_maps_data_zeros_and_holes()
    {
        await using var served = await Served.StartAsync(new MemoryBlockDevice([.. new byte[1024 * 1024], .. Enumerable.Repeat((byte)1, 1024 * 1024), .. new byte[65_536]]));
        var map = JsonDocument.Parse(await Programs.QemuAsync("map", "--output=json", "-f", "raw", served.Uri)).RootElement;
        Assert.That(
            map.EnumerateArray().Select(extent => (extent.GetProperty("start").GetInt64(), extent.GetProperty("data").GetBoolean(), extent.GetProperty("zero").GetBoolean())),
            Is.EqualTo(new[] { (0L, false, true), (1024L * 1024, true, false), (2048L * 1024, false, true) }));
    }

    [Test]
    public async Task Qemu_opens_read_only_what_may_not_be_written()
    {
        await using var served = await Served.StartAsync(new MemoryBlockDevice(Content));
        Assert.That(
            async () => await Programs.QemuAsync("convert", "-n", "-f", "raw", "-O", "raw", served.Uri, served.Uri),
            Throws.InvalidOperationException.With.Message.Contains("Permission denied"));
    }
}
