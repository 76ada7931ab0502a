using System.Globalization;
using System.Text.Json;
using VmProxy.Blocks;
using VmProxy.Testing;

namespace VmProxy.Nbd.Tests.Clients;

sealed class LibnbdTests
{
    const int Size = (9 * 1024 * 1024) + 700;

    static readonly byte[] Content = BlockContent.Mixed(Size);

    [Test]
    public async Task Nbdinfo_tells_what_is_served()
    {
        await using var served = await Served.StartAsync(new MemoryBlockDevice(Content));
        var info = JsonDocument.Parse(await Programs.InfoAsync("--json", served.Uri)).RootElement;
        var export = info.GetProperty("exports")[0];
        Assert.That(info.GetProperty("protocol").GetString(), Is.EqualTo("newstyle-fixed"));
        Assert.That(info.GetProperty("structured").GetBoolean());
        Assert.That(export.GetProperty("export-size").GetInt64(), Is.EqualTo(Size));
        Assert.That(export.GetProperty("description").GetString(), Is.EqualTo("a test's disk"));
        Assert.That(export.GetProperty("contexts")[0].GetString(), Is.EqualTo("base:allocation"));
        Assert.That(export.GetProperty("is_read_only").GetBoolean());
        Assert.That(export.GetProperty("can_multi_conn").GetBoolean());
        Assert.That(export.GetProperty("can_df").GetBoolean());
        Assert.That(export.GetProperty("can_flush").GetBoolean());
        Assert.That(export.GetProperty("can_trim").GetBoolean(), Is.False);
        Assert.That(export.GetProperty("can_zero").GetBoolean(), Is.False);
        Assert.That(export.GetProperty("block_size_minimum").GetInt32(), Is.EqualTo(1));
        Assert.That(export.GetProperty("block_size_preferred").GetInt32(), Is.EqualTo(64 * 1024));
        Assert.That(export.GetProperty("block_size_maximum").GetInt32(), Is.EqualTo(32 * 1024 * 1024));
        Assert.That(await Programs.InfoAsync("--size", served.Uri), Is.EqualTo($"{Size}\n"));
        await Programs.InfoAsync("--is", "read-only", served.Uri);
        await Programs.InfoAsync("--can", "multi-conn", served.Uri);
        await Programs.InfoAsync("--can", "connect", served.Uri);
        Assert.That(async () => await Programs.InfoAsync("--can", "write", served.Uri), Throws.InvalidOperationException);
    }

    [Test]
    public async Task Nbdinfo_lists_exports_and_knows_each_by_its_name()
    {
        await using var served = await Served.StartAsync(
            [new NbdExport("disk 1", "the first", new MemoryBlockDevice(512)), new NbdExport("плата/2?", "", new MemoryBlockDevice(1024))]);
        var list = JsonDocument.Parse(await Programs.InfoAsync("--list", "--json", served.Uri)).RootElement.GetProperty("exports");
        Assert.That(
            list.EnumerateArray().Select(export => (export.GetProperty("export-name").GetString(), export.GetProperty("export-size").GetInt64())),
            Is.EqualTo(new[] { ("disk 1", 512L), ("плата/2?", 1024L) }));
        Assert.That(await Programs.InfoAsync("--size", served.Address.UriOf("плата/2?")), Is.EqualTo("1024\n"));
        Assert.That(async () => await Programs.InfoAsync("--size", served.Address.UriOf("disk 3")), Throws.InvalidOperationException.With.Message.Contains("no export named 'disk 3'"));
    }

    [Test]
    public async Task Nbdinfo_maps_what_the_device_says_of_itself()
    {
        var device = new MemoryBlockDevice(Content);
        await using var served = await Served.StartAsync(device);
        var map = JsonDocument.Parse(await Programs.InfoAsync("--map", "--json", served.Uri)).RootElement;
        var runs = new List<BlockRun>();
        await foreach (var run in device.RunsAsync(0, Size, CancellationToken.None))
        {
            runs.Add(run);
        }

        Assert.That(
            map.EnumerateArray().Select(extent => (extent.GetProperty("offset").GetInt64(), extent.GetProperty("length").GetInt64(), extent.GetProperty("type").GetInt32())),
            Is.EqualTo(runs.Select(run => (run.Offset, run.Length, run.Kind == BlockRunKind.Hole ? 3 : 0))));
        Assert.That(runs, Has.Count.GreaterThan(20));
    }

    [Test]
    public async Task A_map_of_more_extents_than_an_answer_holds_is_asked_on_for()
    {
        var content = new byte[9_000 * 4096];
        for (var at = 0; at < content.Length; at += 8192)
        {
            content[at] = 1;
        }

        await using var served = await Served.StartAsync(new MemoryBlockDevice(content));
        var map = JsonDocument.Parse(await Programs.InfoAsync("--map", "--json", served.Uri)).RootElement;
        Assert.That(map.GetArrayLength(), Is.EqualTo(9_000));
    }

    [TestCase("--connections=1", "--requests=1")]
    [TestCase("--connections=4", "--requests=64")]
    [TestCase("--synchronous")]
    [TestCase("--request-size=4096")]
    [TestCase("--request-size=33554432")]
    [TestCase("--no-extents")]
    public async Task Nbdcopy_gets_every_byte(params string[] how)
    {
        await using var served = await Served.StartAsync(new MemoryBlockDevice(Content));
        await Programs.CopyAsync([.. how, served.Uri, served["copy"]]);
        Assert.That(await File.ReadAllBytesAsync(served["copy"]), Is.EqualTo(Content));
        await Programs.CopyAsync([.. how, served.Uri, "null:"]);
        Assert.That(served.Log.Errors, Is.Empty);
    }

    [TestCase("127.0.0.1:0")]
    [TestCase("[::1]:0")]
    public async Task Loopback_serves_as_a_socket_does(string address)
    {
        await using var served = await Served.StartAsync(new MemoryBlockDevice(Content), options => options with { Address = NbdAddress.Parse(address) });
        Assert.That(served.Address.Tcp!.Port, Is.Not.Zero);
        await Programs.CopyAsync("--connections=4", served.Uri, served["copy"]);
        Assert.That(await File.ReadAllBytesAsync(served["copy"]), Is.EqualTo(Content));
    }

    [Test]
    public async Task A_file_on_disk_is_copied_with_its_holes()
    {
        await using var served = await Served.StartAsync(new MemoryBlockDevice(512));
        await using (var file = new FileStream(served["disk"], FileMode.CreateNew))
        {
            file.SetLength(64 * 1024 * 1024);
            file.Seek(5_000_000, SeekOrigin.Begin);
            await file.WriteAsync(Content);
        }

        await using var device = await FileBlockDevice.OpenAsync(served["disk"]);
        await using var second = await Served.StartAsync(device);
        await Programs.CopyAsync(second.Uri, second["copy"]);
        await Tool.RunAsync("cmp", [served["disk"], second["copy"]]);
        var totals = await Programs.InfoAsync("--map", "--totals", second.Uri);
        Assert.That(totals, Does.Contain("hole,zero"));
    }

    [Test]
    public async Task Nbdsh_reads_each_way_and_is_told_what_it_may_not_do()
    {
        await using var served = await Served.StartAsync(new MemoryBlockDevice([.. Enumerable.Range(0, 65_536).Select(at => (byte)(at < 16_384 ? at % 251 : 0))]));
        var printed = await Programs.ShellAsync(served.Uri, """
            print(h.get_structured_replies_negotiated(), h.can_df(), h.get_size())
            print(h.pread(4, 252).hex())
            seen = []
            h.pread_structured(65536, 0, lambda data, at, status, error: seen.append((at, len(data), status)))
            print(seen)
            one = []
            h.pread_structured(65536, 0, lambda data, at, status, error: one.append((at, len(data), status)), nbd.CMD_FLAG_DF)
            print(one)
            h.flush()
            def refused(work):
                try:
                    work()
                    print('no error')
                except nbd.Error as e:
                    print(e.errno)
            h.set_strict_mode(0)
            refused(lambda: h.pwrite(b'x' * 512, 0))
            refused(lambda: h.zero(512, 0))
            refused(lambda: h.trim(512, 0))
            refused(lambda: h.pread(2, 65535))
            refused(lambda: h.pread(1, 2**63))
            refused(lambda: h.cache(512, 0))
            refused(lambda: h.pread(512, 0, 1))
            print(h.pread(3, 0).hex())
            h.shutdown()
            """);
        Assert.That(printed.Split('\n'), Is.EqualTo(new[]
        {
            "True True 65536", "01020304", "[(0, 16384, 1), (16384, 49152, 2)]", "[(0, 65536, 1)]",
            "EPERM", "EPERM", "EPERM", "EINVAL", "EINVAL", "EINVAL", "EINVAL", "000102", "",
        }));
    }

    [Test]
    public async Task Nbdsh_does_without_what_it_did_not_negotiate()
    {
        await using var served = await Served.StartAsync(new MemoryBlockDevice(Content));
        var printed = await Programs.ShellAsync(null, string.Create(CultureInfo.InvariantCulture, $$"""
            h.set_request_structured_replies(False)
            h.set_handshake_flags(0)
            h.connect_unix('{{served.Address.SocketPath}}')
            print(h.get_structured_replies_negotiated(), h.can_df(), h.get_protocol(), h.get_size())
            open('{{served["simple"]}}', 'wb').write(h.pread({{Size}}, 0))
            try:
                h.pread(1024, h.get_size() - 512)
            except nbd.Error as e:
                print(e.errno)
            h.shutdown()
            """));
        Assert.That(printed, Is.EqualTo($"False False newstyle {Size}\nEINVAL\n"));
        Assert.That(await File.ReadAllBytesAsync(served["simple"]), Is.EqualTo(Content));
    }

    [Test]
    public async Task Nbdsh_asks_for_one_extent_and_for_contexts()
    {
        await using var served = await Served.StartAsync(new MemoryBlockDevice([.. new byte[8192], .. Enumerable.Repeat((byte)1, 8192)]));
        var printed = await Programs.ShellAsync(null, string.Create(CultureInfo.InvariantCulture, $$"""
            h.set_opt_mode(True)
            h.connect_unix('{{served.Address.SocketPath}}')
            h.opt_list_meta_context(lambda name: print(name))
            h.add_meta_context('base:')
            h.opt_list_meta_context(lambda name: print(name))
            h.clear_meta_contexts()
            h.add_meta_context('qemu:dirty-bitmap:x')
            h.opt_list_meta_context(lambda name: print('wrong', name))
            h.add_meta_context('base:allocation')
            h.opt_go()
            h.block_status(16384, 0, lambda name, at, extents, error: print(name, at, extents))
            h.block_status(12288, 4096, lambda name, at, extents, error: print(name, at, extents), nbd.CMD_FLAG_REQ_ONE)
            h.shutdown()
            """));
        Assert.That(printed.Split('\n'), Is.EqualTo(new[]
        {
            "base:allocation", "base:allocation", "base:allocation 0 [8192, 3, 8192, 0]", "base:allocation 4096 [4096, 3]", "",
        }));
    }
}
