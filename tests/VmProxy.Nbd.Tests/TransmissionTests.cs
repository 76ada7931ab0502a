using System.Buffers.Binary;
using System.Text;
using VmProxy.Blocks;
using VmProxy.Nbd.Protocol;
using VmProxy.Testing;

namespace VmProxy.Nbd.Tests;

sealed class TransmissionTests
{
    static readonly byte[] Content = BlockContent.Mixed(200_000);

    [Test]
    public async Task A_write_is_refused_its_bytes_are_taken_and_the_next_request_is_understood()
    {
        var device = new MemoryBlockDevice([.. Content]);
        await using var served = await Served.StartAsync(device);
        using var client = await served.ConnectAsync();
        Assert.That(await client.EnterSimplyAsync(), Is.EqualTo(((ulong)Content.Length, (ushort)(1 | 2 | 4 | 0x100))));
        await client.SendAsync(
            RawClient.Request(RequestKind.Write, 1, 0, 1_000_000), Enumerable.Repeat((byte)0xEE, 1_000_000).ToArray(), RawClient.Request(RequestKind.Read, 2, 100, 3));
        Assert.That(await client.ReadSimpleReplyAsync(), Is.EqualTo((NbdError.NotPermitted, 1UL)));
        Assert.That(await client.ReadSimpleReplyAsync(), Is.EqualTo(((NbdError)0, 2UL)));
        Assert.That(await client.ReadAsync(3), Is.EqualTo(Content[100..103]));
        Assert.That(device.Content, Is.EqualTo(Content));
    }

    [TestCase(0UL, 0U)]
    [TestCase(200_000UL, 1U)]
    [TestCase(199_999UL, 2U)]
    [TestCase(ulong.MaxValue, 1U)]
    [TestCase(ulong.MaxValue - 10, 100U)]
    [TestCase(0x8000_0000_0000_0000UL, 512U)]
    [TestCase(0UL, uint.MaxValue)]
    public async Task A_range_that_is_not_inside_is_invalid(ulong offset, uint length)
    {
        await using var served = await Served.StartAsync(new MemoryBlockDevice(Content));
        using var client = await served.ConnectAsync();
        await client.EnterSimplyAsync();
        await client.SendAsync(RawClient.Request(RequestKind.Read, 1, offset, length), RawClient.Request(RequestKind.BlockStatus, 2, offset, length));
        Assert.That(await client.ReadSimpleReplyAsync(), Is.EqualTo((NbdError.Invalid, 1UL)));
        Assert.That(await client.ReadSimpleReplyAsync(), Is.EqualTo((NbdError.Invalid, 2UL)));
    }

    [Test]
    public async Task Many_requests_are_in_flight_as_many_as_the_device_takes_and_no_more()
    {
        var gate = new TaskCompletionSource();
        var device = new FaultyDevice(Content) { Gate = gate.Task, MaxInFlight = 5 };
        await using var served = await Served.StartAsync(device);
        using var client = await served.ConnectAsync();
        await client.EnterSimplyAsync();
        await client.SendAsync([.. Enumerable.Range(0, 50).Select(number => RawClient.Request(RequestKind.Read, (ulong)number, 0, 16))]);
        for (var begun = 0; begun < 5; begun++)
        {
            await device.Begun.WaitAsync();
        }

        gate.SetResult();
        var cookies = new List<ulong>();
        for (var answer = 0; answer < 50; answer++)
        {
            cookies.Add((await client.ReadSimpleReplyAsync()).Cookie);
            await client.ReadAsync(16);
        }

        Assert.That(cookies, Is.EquivalentTo(Enumerable.Range(0, 50)));
        Assert.That(device.Peak, Is.EqualTo(5));
    }

    [Test]
    public async Task Answers_come_when_they_are_ready()
    {
        var gate = new TaskCompletionSource();
        var device = new FaultyDevice(Content) { Gate = gate.Task };
        await using var served = await Served.StartAsync(device);
        using var client = await served.ConnectAsync();
        await client.EnterSimplyAsync();
        await client.SendAsync(RawClient.Request(RequestKind.Read, 1, 0, 16));
        await device.Begun.WaitAsync();
        await client.SendAsync(RawClient.Request(RequestKind.Flush, 2, 0, 0));
        Assert.That((await client.ReadSimpleReplyAsync()).Cookie, Is.EqualTo(2));
        gate.SetResult();
        Assert.That((await client.ReadSimpleReplyAsync()).Cookie, Is.EqualTo(1));
    }

    [Test]
    public async Task Bytes_in_flight_are_bounded()
    {
        var gate = new TaskCompletionSource();
        var device = new FaultyDevice(Content) { Gate = gate.Task, MaxInFlight = 100 };
        await using var served = await Served.StartAsync(device, options => options with { MaxBytesInFlight = 250_000 });
        using var client = await served.ConnectAsync();
        await client.EnterSimplyAsync();
        await client.SendAsync([.. Enumerable.Range(0, 6).Select(number => RawClient.Request(RequestKind.Read, (ulong)number, 0, 100_000))]);
        await device.Begun.WaitAsync();
        await device.Begun.WaitAsync();
        gate.SetResult();
        for (var answer = 0; answer < 6; answer++)
        {
            await client.ReadSimpleReplyAsync();
            await client.ReadAsync(100_000);
        }

        Assert.That(device.Peak, Is.LessThanOrEqualTo(2));
    }

    [Test]
    public async Task A_client_that_takes_no_answers_keeps_nobody_else_waiting()
    {
        await using var served = await Served.StartAsync(new MemoryBlockDevice(64 * 1024 * 1024), options => options with { StopGrace = TimeSpan.FromMilliseconds(200) });
        using var greedy = await served.ConnectAsync();
        await greedy.EnterSimplyAsync();
        await greedy.SendAsync([.. Enumerable.Range(0, 200).Select(number => RawClient.Request(RequestKind.Read, (ulong)number, 0, 32 * 1024 * 1024))]);
        using var other = await served.ConnectAsync();
        await other.EnterSimplyAsync();
        await other.SendAsync(RawClient.Request(RequestKind.Read, 1, 0, 1024));
        Assert.That(await other.ReadSimpleReplyAsync(), Is.EqualTo(((NbdError)0, 1UL)));
        Assert.That(GC.GetTotalMemory(false), Is.LessThan(400L * 1024 * 1024));
    }

    [Test]
    public async Task A_failing_device_is_an_answer_with_its_reason_and_a_line_in_the_log()
    {
        var device = new FaultyDevice(Content)
        {
            Fault = offset => offset == 4096 ? new BlockDeviceException(BlockErrorCodes.ReadFailed, "disk", "disk: the sector is gone. Зачем?" + new string('я', 4000)) : null,
        };
        await using var served = await Served.StartAsync(device);
        using var client = await served.ConnectAsync();
        const uint Structured = (uint)OptionKind.StructuredReply;
        await client.SendAsync(RawClient.Numbers(3U), RawClient.Option(Structured), RawClient.Option((uint)OptionKind.ExportName));
        await client.ReadOptionReplyAsync(Structured);
        await client.ReadAsync(10);
        await client.SendAsync(RawClient.Request(RequestKind.Read, 1, 4096, 512));
        var header = await client.ReadAsync(26);
        Assert.That(BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(4)), Is.EqualTo(1), "it is the last chunk");
        Assert.That(BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(6)), Is.EqualTo((ushort)ChunkKind.Error));
        Assert.That(BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(20)), Is.EqualTo((uint)NbdError.Io));
        var length = BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(24));
        Assert.That(BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(16)), Is.EqualTo(length + 6U));
        Assert.That(Encoding.UTF8.GetString(await client.ReadAsync(length)), Does.StartWith("disk: the sector is gone. Зачем?яяя").And.Not.Contains("\uFFFD"));
        await client.SendAsync(RawClient.Request(RequestKind.Read, 2, 512, 512));
        Assert.That((await client.ReadAsync(28 + 512))[28..], Is.EqualTo(Content[512..1024]));
        Assert.That(served.Log.Errors, Has.One.Contains("the sector is gone").And.One.Contains("512 bytes at 4096"));
    }

    [Test]
    public async Task Zeros_among_many_runs_are_told_until_chunks_run_out()
    {
        var content = new byte[1024 * 1024];
        for (var at = 0; at < content.Length; at += 8192)
        {
            content[at + 5] = 9;
        }

        await using var served = await Served.StartAsync(new MemoryBlockDevice(content));
        var printed = await Clients.Programs.ShellAsync(served.Uri, """
            seen = []
            data = h.pread_structured(1048576, 0, lambda data, at, status, error: seen.append(status))
            print(len(seen), seen[0], seen[1], sum(data), h.pread(1048576, 0) == data)
            """);
        Assert.That(printed, Is.EqualTo($"{Limits.MaxChunks - 1} 1 2 {128 * 9} True\n"));
    }
}
