using System.Buffers.Binary;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using VmProxy.Nbd.Protocol;
using VmProxy.Testing;

namespace VmProxy.Nbd.Tests;

sealed class HandshakeTests
{
    static readonly byte[] Content = BlockContent.Mixed(100_000);

    static byte[] Name(string name) => RawClient.Numbers((uint)Encoding.UTF8.GetByteCount(name), name);

    static IEnumerable<TestCaseData> Malformed()
    {
        yield return Case("LIST with data", OptionKind.List, [1]);
        yield return Case("STRUCTURED_REPLY with data", OptionKind.StructuredReply, [1]);
        foreach (var kind in new[] { OptionKind.Info, OptionKind.Go })
        {
            yield return Case($"{kind} without data", kind, []);
            yield return Case($"{kind} whose name is longer than its data", kind, RawClient.Numbers(100U, "x"));
            yield return Case($"{kind} with a name of 4 GiB", kind, RawClient.Numbers(uint.MaxValue, (ushort)0));
            yield return Case($"{kind} with a name of 4097 bytes", kind, [.. Name(new string('x', 4097)), 0, 0]);
            yield return Case($"{kind} with fewer infos than it says", kind, RawClient.Numbers(0U, (ushort)9, (ushort)3));
            yield return Case($"{kind} with something behind it", kind, RawClient.Numbers(0U, (ushort)0, (ushort)3));
        }

        foreach (var kind in new[] { OptionKind.ListMetaContext, OptionKind.SetMetaContext })
        {
            yield return Case($"{kind} without data", kind, []);
            yield return Case($"{kind} with 4 Gi queries", kind, RawClient.Numbers(0U, uint.MaxValue));
            yield return Case($"{kind} with fewer queries than it says", kind, RawClient.Numbers(0U, 2U, 0U));
            yield return Case($"{kind} with something behind it", kind, RawClient.Numbers(0U, 0U, 0U));
        }

        static TestCaseData Case(string name, OptionKind kind, byte[] data) => new TestCaseData((uint)kind, data).SetName("Invalid: " + name);
    }

    [TestCaseSource(nameof(Malformed))]
    public async Task A_malformed_option_is_called_so_and_the_handshake_goes_on(uint option, byte[] data)
    {
        await using var served = await Served.StartAsync(new MemoryBlockDevice(Content));
        using var client = await served.ConnectAsync();
        await client.SendAsync(RawClient.Numbers(3U), RawClient.Option((uint)OptionKind.StructuredReply));
        await client.ReadOptionReplyAsync((uint)OptionKind.StructuredReply);
        await client.SendAsync(RawClient.Option(option, data));
        Assert.That((await client.ReadOptionReplyAsync(option)).Kind, Is.EqualTo(OptionReplyKind.Invalid));
        await client.SendAsync(RawClient.Option((uint)OptionKind.ExportName));
        Assert.That(BinaryPrimitives.ReadUInt64BigEndian(await client.ReadAsync(10)), Is.EqualTo((ulong)Content.Length));
    }

    [TestCase(4U, TestName = "Unsupported: PEEK_EXPORT")]
    [TestCase(5U, TestName = "Unsupported: STARTTLS")]
    [TestCase(11U, TestName = "Unsupported: EXTENDED_HEADERS")]
    [TestCase(uint.MaxValue, TestName = "Unsupported: what nobody knows")]
    public async Task An_option_that_is_not_known_is_answered_and_its_data_skipped(uint option)
    {
        await using var served = await Served.StartAsync(new MemoryBlockDevice(Content));
        using var client = await served.ConnectAsync();
        await client.SendAsync(RawClient.Numbers(3U), RawClient.Option(option, new byte[Limits.MaxOptionLength]), RawClient.Option((uint)OptionKind.Abort));
        Assert.That((await client.ReadOptionReplyAsync(option)).Kind, Is.EqualTo(OptionReplyKind.Unsupported));
        Assert.That((await client.ReadOptionReplyAsync((uint)OptionKind.Abort)).Kind, Is.EqualTo(OptionReplyKind.Acknowledged));
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
    }

    [Test]
    public async Task The_oldest_way_in_has_its_padding()
    {
        await using var served = await Served.StartAsync(new MemoryBlockDevice(Content));
        using var client = await served.ConnectAsync();
        await client.SendAsync(RawClient.Numbers(0U), RawClient.Option((uint)OptionKind.ExportName));
        var answer = await client.ReadAsync(134);
        Assert.That(BinaryPrimitives.ReadUInt64BigEndian(answer), Is.EqualTo((ulong)Content.Length));
        Assert.That(answer.AsSpan(10).ToArray(), Is.All.Zero);
        await client.SendAsync(RawClient.Request(RequestKind.Read, 77, 10, 4));
        Assert.That(await client.ReadSimpleReplyAsync(), Is.EqualTo(((NbdError)0, 77UL)));
        Assert.That(await client.ReadAsync(4), Is.EqualTo(Content[10..14]));
    }

    [Test]
    public async Task Contexts_need_structured_replies_and_hold_for_the_export_that_they_were_set_for()
    {
        await using var served = await Served.StartAsync([new NbdExport("a", "", new MemoryBlockDevice(Content)), new NbdExport("b", "", new MemoryBlockDevice(Content))]);
        const uint Set = (uint)OptionKind.SetMetaContext;
        using var client = await served.ConnectAsync();
        var select = RawClient.Numbers(1U, "a", 1U, (uint)MetaContextQuery.Allocation.Length, MetaContextQuery.Allocation);
        await client.SendAsync(RawClient.Numbers(3U), RawClient.Option(Set, select));
        Assert.That((await client.ReadOptionReplyAsync(Set)).Kind, Is.EqualTo(OptionReplyKind.Invalid));
        await client.SendAsync(RawClient.Option((uint)OptionKind.StructuredReply), RawClient.Option(Set, select));
        await client.ReadOptionReplyAsync((uint)OptionKind.StructuredReply);
        Assert.That((await client.ReadOptionReplyAsync(Set)).Kind, Is.EqualTo(OptionReplyKind.MetaContext));
        Assert.That((await client.ReadOptionReplyAsync(Set)).Kind, Is.EqualTo(OptionReplyKind.Acknowledged));
        await client.SendAsync(RawClient.Option((uint)OptionKind.ExportName, (byte)'b'), RawClient.Request(RequestKind.BlockStatus, 5, 0, 512));
        await client.ReadAsync(10);
        var answer = await client.ReadAsync(24);
        Assert.That(BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(6)), Is.EqualTo((ushort)ChunkKind.Error));
        Assert.That(BinaryPrimitives.ReadUInt32BigEndian(answer.AsSpan(20)), Is.EqualTo((uint)NbdError.Invalid));
    }

    static IEnumerable<TestCaseData> Fatal()
    {
        yield return Case("unknown flags of a client", RawClient.Numbers(4U));
        yield return Case("an option with the wrong magic number", RawClient.Numbers(3U, "IHAVEOPS", 3U, 0U));
        yield return Case("an option of 4 GiB", RawClient.Numbers(3U, Magic.Option, 7U, uint.MaxValue));
        yield return Case("an option of a byte too much", RawClient.Numbers(3U, Magic.Option, 99U, (uint)Limits.MaxOptionLength + 1));
        yield return Case("an export that does not exist, in the oldest way", RawClient.Numbers(3U, RawClient.Option(1, (byte)'x')));
        yield return Case("a request with the wrong magic number", RawClient.Numbers(3U, RawClient.Option(1), new byte[28]));
        yield return Case("a write of 4 GiB", RawClient.Numbers(3U, RawClient.Option(1), RawClient.Request(RequestKind.Write, 1, 0, uint.MaxValue)));
        yield return Case("too many options", RawClient.Numbers(3U, Enumerable.Repeat(RawClient.Option(99), Limits.MaxOptions).SelectMany(option => option).ToArray()));
        yield return Case("what HTTP says", RawClient.Numbers("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));

        static TestCaseData Case(string name, byte[] bytes) => new TestCaseData(bytes).SetName("Dropped: " + name);
    }

    [TestCaseSource(nameof(Fatal))]
    public async Task What_cannot_be_gone_on_from_ends_this_client_and_no_other(byte[] bytes)
    {
        await using var served = await Served.StartAsync([new NbdExport("", "", new MemoryBlockDevice(Content)), new NbdExport("b", "", new MemoryBlockDevice(Content))]);
        using var other = await served.ConnectAsync();
        await other.EnterSimplyAsync();
        using var client = await served.ConnectAsync();
        await Task.WhenAll(client.SendAsync(bytes), client.ReadToEndAsync());
        await served.Log.WaitForAsync("is dropped");
        await other.SendAsync(RawClient.Request(RequestKind.Read, 1, 0, 512));
        Assert.That((await other.ReadSimpleReplyAsync()).Error, Is.EqualTo((NbdError)0));
    }

    [TestCase(0)]
    [TestCase(3)]
    [TestCase(4)]
    [TestCase(15)]
    [TestCase(19)]
    [TestCase(20)]
    [TestCase(40)]
    public async Task A_client_may_leave_anywhere(int bytes)
    {
        byte[] all = [.. RawClient.Numbers(3U), .. RawClient.Option(1), .. RawClient.Request(RequestKind.Read, 1, 0, 512)];
        await using var served = await Served.StartAsync(new MemoryBlockDevice(Content));
        using var client = await served.ConnectAsync();
        await client.SendAsync(all[..bytes]);
        client.CloseHalf();
        Assert.That((await client.ReadToEndAsync()).Length, Is.EqualTo(bytes >= 20 ? 10 : 0));
    }

    [Test]
    public async Task A_client_that_is_silent_is_dropped_when_its_time_is_over()
    {
        var time = new FakeTimeProvider();
        await using var served = await Served.StartAsync(new MemoryBlockDevice(Content), options => options with { Time = time, StopGrace = TimeSpan.Zero });
        using var silent = await served.ConnectAsync();
        using var slow = await served.ConnectAsync();
        await slow.SendAsync(RawClient.Numbers(3U), RawClient.Option(99));
        await slow.ReadOptionReplyAsync(99);
        using var fast = await served.ConnectAsync();
        await fast.EnterSimplyAsync();
        time.Advance(TimeSpan.FromSeconds(31));
        Assert.That(await silent.ReadToEndAsync(), Is.Empty);
        Assert.That(await slow.ReadToEndAsync(), Is.Empty);
        await fast.SendAsync(RawClient.Request(RequestKind.Flush, 9, 0, 0));
        Assert.That((await fast.ReadSimpleReplyAsync()).Cookie, Is.EqualTo(9));
        time.Advance(TimeSpan.FromSeconds(1));
        fast.CloseHalf();
        await fast.ReadToEndAsync();
    }
}
