namespace VmProxy.Repository.Tests;

/// <summary>What every object store must do.</summary>
public abstract class ObjectStoreConformance
{
    protected abstract IObjectStore Store { get; }

    [Test]
    public async Task An_object_appears_whole_when_it_is_complete()
    {
        await using (var writer = await Store.CreateAsync("data/ab/one", default))
        {
            await writer.WriteAsync("hello "u8.ToArray(), default);
            await writer.WriteAsync("world"u8.ToArray(), default);
            Assert.That(await Store.GetLengthAsync("data/ab/one", default), Is.Null);
            Assert.That(await NamesAsync(""), Is.Empty);
            await writer.CompleteAsync(default);
            Assert.That(await Store.GetLengthAsync("data/ab/one", default), Is.EqualTo(11));
        }

        var content = new byte[5];
        await Store.ReadAsync("data/ab/one", 6, content, default);
        Assert.That(content, Is.EqualTo("world"u8.ToArray()));
    }

    [Test]
    public async Task An_object_that_is_visible_can_be_read_at_once_by_others()
    {
        await using var writer = await Store.CreateAsync("index/one", default);
        await writer.WriteAsync("hello"u8.ToArray(), default);
        await writer.CompleteAsync(default);

        // The writer is still there, as it is for a moment in another session that commits at the same time.
        using var view = await Store.MapAsync("index/one", default);
        Assert.That(view.Bytes.ToArray(), Is.EqualTo("hello"u8.ToArray()));
        Assert.That(await Store.TryReadAllAsync("index/one", default), Is.EqualTo("hello"u8.ToArray()));
    }

    [Test]
    public async Task An_abandoned_object_never_appears()
    {
        await using (var writer = await Store.CreateAsync("one", default))
        {
            await writer.WriteAsync(new byte[100], default);
        }

        Assert.That(await NamesAsync(""), Is.Empty);
        Assert.That(await Store.GetLengthAsync("one", default), Is.Null);
    }

    [Test]
    public async Task Listing_goes_by_prefix()
    {
        foreach (var name in new[] { "data/00/a", "data/00/b", "data/01/a", "datum", "index/a", "vmproxy-repository" })
        {
            await Store.PutAsync(name, new byte[3], default);
        }

        Assert.That(await NamesAsync(""), Has.Count.EqualTo(6));
        Assert.That(await NamesAsync("data/"), Is.EqualTo(["data/00/a", "data/00/b", "data/01/a"]));
        Assert.That(await NamesAsync("data/00/a"), Is.EqualTo(["data/00/a"]));
        Assert.That(await NamesAsync("dat"), Has.Count.EqualTo(4));
        Assert.That(await NamesAsync("points/"), Is.Empty);
    }

    [Test]
    public async Task Put_if_absent_lets_exactly_one_win()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i => await Store.PutIfAbsentAsync("lease", new byte[] { (byte)i }, default)));
        Assert.That(results.Count(won => won), Is.EqualTo(1));
        var content = await Store.TryReadAllAsync("lease", default);
        Assert.That(content![0], Is.EqualTo(Array.IndexOf(results, true)));
        Assert.That(await NamesAsync(""), Is.EqualTo(["lease"]));
    }

    [Test]
    public async Task Replacing_succeeds_only_over_the_expected_bytes()
    {
        Assert.That(await Store.ReplaceAsync("lease", new byte[1], new byte[2], default), Is.False);
        Assert.That(await NamesAsync(""), Is.Empty);
        await Store.PutAsync("lease", new byte[] { 1 }, default);
        Assert.That(await Store.ReplaceAsync("lease", new byte[] { 2 }, new byte[] { 3 }, default), Is.False);
        Assert.That(await Store.ReplaceAsync("lease", new byte[] { 1 }, new byte[] { 4, 5 }, default), Is.True);
        Assert.That(await Store.TryReadAllAsync("lease", default), Is.EqualTo(new byte[] { 4, 5 }));
        Assert.That(await Store.PutIfAbsentAsync("lease", new byte[1], default), Is.False);
        Assert.That(await NamesAsync(""), Is.EqualTo(["lease"]));
    }

    [Test]
    public async Task What_is_written_on_a_condition_keeps_every_byte(
        [Values(0, (256 << 10) - 1, 256 << 10, (256 << 10) + 1, 2 << 20, (2 << 20) + (256 << 10), (2 << 20) + (256 << 10) + 1, 5 << 20)] int length)
    {
        var (first, second) = (new byte[length], new byte[length + 1]);
        new Random(length).NextBytes(first);
        new Random(~length).NextBytes(second);
        Assert.That(await Store.PutIfAbsentAsync("points/a", first, default), Is.True);
        Assert.That((await Store.TryReadAllAsync("points/a", default)).AsSpan().SequenceEqual(first), Is.True);
        Assert.That(await Store.PutIfAbsentAsync("points/a", second, default), Is.False);
        Assert.That((await Store.TryReadAllAsync("points/a", default)).AsSpan().SequenceEqual(first), Is.True);
        Assert.That(await Store.ReplaceAsync("points/a", first, second, default), Is.True);
        Assert.That((await Store.TryReadAllAsync("points/a", default)).AsSpan().SequenceEqual(second), Is.True);
        Assert.That(await NamesAsync(""), Is.EqualTo(["points/a"]));
    }

    [Test]
    public async Task What_lies_under_the_name_of_an_object_is_not_there()
    {
        await Store.PutAsync("lease", new byte[1], default);
        Assert.That(await NamesAsync("lease/"), Is.Empty);
        Assert.That(await Store.GetLengthAsync("lease/one", default), Is.Null);
        await Store.DeleteAsync("lease/one", default);
        Assert.That(await NamesAsync(""), Is.EqualTo(["lease"]));
    }

    [Test]
    public async Task No_replacement_is_lost_among_many_at_once()
    {
        const int Workers = 6;
        const int Each = 10;
        await Store.PutAsync("lease", BitConverter.GetBytes(0), default);
        await Parallel.ForAsync(0, Workers, new ParallelOptions { MaxDegreeOfParallelism = Workers }, async (_, token) =>
        {
            for (var i = 0; i < Each; i++)
            {
                byte[] seen;
                do
                {
                    seen = (await Store.TryReadAllAsync("lease", token))!;
                }
                while (!await Store.ReplaceAsync("lease", seen, BitConverter.GetBytes(BitConverter.ToInt32(seen) + 1), token));
            }
        });
        Assert.That(BitConverter.ToInt32(await Store.TryReadAllAsync("lease", default)), Is.EqualTo(Workers * Each));
    }

    [Test]
    public async Task A_replaced_object_is_always_whole()
    {
        await Store.PutAsync("sessions/a.alive", Enumerable.Repeat((byte)0, 50).ToArray(), default);
        using var ended = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            for (var i = 1; i < 100; i++)
            {
                await Store.PutAsync("sessions/a.alive", Enumerable.Repeat((byte)i, 50 + (i * 7 % 100)).ToArray(), default);
            }

            await ended.CancelAsync();
        });
        while (!ended.IsCancellationRequested)
        {
            var content = await Store.TryReadAllAsync("sessions/a.alive", default);
            Assert.That(content, Has.Length.EqualTo(50 + (content![0] * 7 % 100)).And.All.EqualTo(content[0]));
        }

        await writing;
    }

    [Test]
    public async Task A_mapped_object_outlives_its_removal()
    {
        await Store.PutAsync("one", new byte[] { 1, 2, 3 }, default);
        using var view = await Store.MapAsync("one", default);
        await Store.DeleteAsync("one", default);
        Assert.That(view.Bytes.ToArray(), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(await Store.TryReadAllAsync("one", default), Is.Null);
    }

    [Test]
    public async Task A_listing_shows_what_exists_all_the_time()
    {
        for (var i = 0; i < 40; i++)
        {
            await Store.PutAsync($"sessions/keep{i}", new byte[1], default);
        }

        using var ended = new CancellationTokenSource();
        var churning = Task.Run(async () =>
        {
            for (var i = 0; i < 60; i++)
            {
                await Store.PutAsync($"sessions/pass{i}", new byte[1], default);
                await Store.DeleteAsync($"sessions/pass{i}", default);
            }

            await ended.CancelAsync();
        });
        while (!ended.IsCancellationRequested)
        {
            Assert.That((await NamesAsync("sessions/")).Count(name => name.Contains("keep", StringComparison.Ordinal)), Is.EqualTo(40));
        }

        await churning;
    }

    [Test]
    public async Task A_deleted_object_is_gone_and_deleting_again_is_no_error()
    {
        await Store.PutAsync("one", new byte[3], default);
        await Store.DeleteAsync("one", default);
        await Store.DeleteAsync("one", default);
        Assert.That(await NamesAsync(""), Is.Empty);
        Assert.That(async () => await Store.ReadAsync("one", 0, new byte[1], default), Throws.InstanceOf<RepositoryException>()
            .With.Property("Code").EqualTo(RepositoryErrorCodes.NotFound));
        Assert.That(async () => await Store.MapAsync("one", default), Throws.InstanceOf<RepositoryException>()
            .With.Property("Code").EqualTo(RepositoryErrorCodes.NotFound));
    }

    [Test]
    public async Task Reading_past_the_end_is_damage()
    {
        await Store.PutAsync("one", new byte[10], default);
        Assert.That(async () => await Store.ReadAsync("one", 5, new byte[6], default), Throws.InstanceOf<RepositoryException>()
            .With.Property("Code").EqualTo(RepositoryErrorCodes.Damaged));
    }

    [Test]
    public async Task A_view_shows_the_whole_object([Values(0, 1, 5000)] int length)
    {
        var content = new byte[length];
        new Random(1).NextBytes(content);
        await Store.PutAsync("one", content, default);
        using var view = await Store.MapAsync("one", default);
        Assert.That(view.Bytes.SequenceEqual(content), Is.True);
    }

    [Test]
    public async Task A_large_object_keeps_every_byte(
        [Values((256 << 10) - 1, 256 << 10, (256 << 10) + 1, (2 << 20) + (256 << 10), (7 << 20) + 4097)] int length, [Values(32, 70_001, 3 << 20)] int piece)
    {
        var content = new byte[length];
        var random = new Random(length);
        random.NextBytes(content);
        await using (var writer = await Store.CreateAsync("data/ab/one", default))
        {
            await writer.WriteAsync(content.AsMemory(0, 32), default);
            for (var at = 32; at < length;)
            {
                var size = Math.Min(length - at, piece < 100 && at > 1000 ? 300_000 : piece);
                await writer.WriteAsync(content.AsMemory(at, size), default);
                at += size;
            }

            await writer.CompleteAsync(default);
        }

        Assert.That(await Store.GetLengthAsync("data/ab/one", default), Is.EqualTo(length));
        Assert.That((await Store.TryReadAllAsync("data/ab/one", default)).AsSpan().SequenceEqual(content), Is.True);
        for (var i = 0; i < 30; i++)
        {
            var offset = random.Next(length);
            var part = new byte[Math.Min(length - offset, random.Next(1, 3 << 20))];
            await Store.ReadAsync("data/ab/one", offset, part, default);
            Assert.That(part.AsSpan().SequenceEqual(content.AsSpan(offset, part.Length)), Is.True, $"{part.Length} bytes at {offset}");
        }

        Assert.That(async () => await Store.ReadAsync("data/ab/one", 1, new byte[length], default), Throws.InstanceOf<RepositoryException>()
            .With.Property("Code").EqualTo(RepositoryErrorCodes.Damaged));
    }

    [Test]
    public async Task Many_writers_do_not_disturb_each_other()
    {
        await Parallel.ForAsync(0, 50, async (i, token) =>
        {
            await using var writer = await Store.CreateAsync($"data/{i % 4:x2}/{i}", token);
            for (var part = 0; part < 5; part++)
            {
                await writer.WriteAsync(Enumerable.Repeat((byte)i, 1000).ToArray(), token);
            }

            await writer.CompleteAsync(token);
        });
        for (var i = 0; i < 50; i++)
        {
            var content = await Store.TryReadAllAsync($"data/{i % 4:x2}/{i}", default);
            Assert.That(content, Has.Length.EqualTo(5000).And.All.EqualTo((byte)i));
        }
    }

    protected async Task<List<string>> NamesAsync(string prefix)
    {
        var names = new List<string>();
        await foreach (var info in Store.ListAsync(prefix, default))
        {
            names.Add(info.Name);
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }
}
