using System.Globalization;
using VmProxy.Lab;
using VmProxy.Testing;

namespace VmProxy.EndToEnd.Tests;

/// <summary>A terabyte disk that holds a gibibyte costs what a small disk with a gibibyte costs.</summary>
sealed class HugeDiskTests : EndToEndFixture
{
    const long HugeSize = 1L << 40;
    const long SmallSize = 4L << 30;
    const long DataSize = 1L << 30;
    const int Stretches = 32;
    const long StretchSize = DataSize / Stretches;
    const long MemoryLimit = 300L << 20;

    /// <summary>A ceiling that some runs get: with it, not even a peak between two samples goes unseen, for it would end the process.</summary>
    const long ManagedCeiling = 200L << 20;

    [Test]
    [Category("Slow")]
    public async Task Memory_is_bounded_and_time_follows_the_data()
    {
        await StartLabAsync(options =>
        {
            options.HashLimit = 0;
            options.Datastores.Add(new LabDatastoreOptions { Capacity = 4L << 40 });
            options.VirtualMachines.AddRange([Sparse("small", SmallSize, 1000), Sparse("huge", HugeSize, 2000)]);
        });
        Bench.Job["EnableChangeTracking"] = false;
        Bench.SaveConfiguration();

        var small = await BackupAsync("small", "allocated areas");
        var huge = await BackupAsync("huge", "allocated areas");
        ExpectSameCost(small, huge);

        foreach (var vm in new[] { "small", "huge" })
        {
            Bench.Lab.Control.Operator.SetChangeTracking(vm, enabled: false);
        }

        small = await BackupAsync("small", "no change tracking", Ceiling);
        huge = await BackupAsync("huge", "no change tracking", Ceiling);
        ExpectSameCost(small, huge);

        var point = Disk(huge).Point;
        var verified = await MeasureAsync("verify huge", ["verify", "--json", point], Ceiling);
        Assert.That(verified.Json.GetProperty("points")[0].GetProperty("whole").GetBoolean(), Is.True);
        var restored = await MeasureAsync("restore huge", ["restore", "disk", point, "2000", "--to", Bench["huge.img"], "--json"], Ceiling);
        Assert.That(restored.Json.GetProperty("writtenBytes").GetInt64(), Is.EqualTo(DataSize));
        await ExpectImageAsync(Bench["huge.img"]);
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    static (string Name, string Value) Ceiling => ("DOTNET_GCHeapHardLimit", ManagedCeiling.ToString("x", CultureInfo.InvariantCulture));

    static LabVmOptions Sparse(string name, long size, int seed) => new()
    {
        Name = name,
        ChangeTracking = true,
        Disks =
        [
            new LabDiskOptions
            {
                Size = size,
                Data = [.. Enumerable.Range(0, Stretches).Select(number => new LabDataOptions { Offset = Offset(size, number), Length = StretchSize, Seed = seed + number })],
            },
        ],
    };

    /// <summary>The first stretch begins the disk, the last one ends it.</summary>
    static long Offset(long size, int number) => (size - StretchSize) / (Stretches - 1) * number / (1 << 20) * (1 << 20);

    static (string Point, long ReadBytes, string Level) Disk(ChildResult result)
    {
        var vm = result.Json.GetProperty("virtualMachines")[0];
        var disk = vm.GetProperty("disks")[0];
        return (vm.GetProperty("point").GetString()!, disk.GetProperty("readBytes").GetInt64(), disk.GetProperty("level").GetString()!);
    }

    /// <summary>
    /// The sizes differ by a factor of 256, the data by none. Twice as long, and some seconds, is room enough for a busy machine, and a cost that follows the
    /// size goes far beyond it: even a millisecond a gibibyte of nothing would be seen in processor time, which others' load disturbs least.
    /// </summary>
    static void ExpectSameCost(ChildResult small, ChildResult huge)
    {
        Assert.That(Disk(huge).ReadBytes, Is.EqualTo(DataSize).And.EqualTo(Disk(small).ReadBytes));
        Assert.That(huge.Duration, Is.LessThan((2 * small.Duration) + TimeSpan.FromSeconds(10)));
        Assert.That(huge.ProcessorTime, Is.LessThan((1.5 * small.ProcessorTime) + TimeSpan.FromSeconds(1)));
    }

    Task<ChildResult> BackupAsync(string vm, string how, params (string Name, string Value)[] environment) =>
        MeasureAsync($"backup {vm}, {how}", ["backup", "--json", "--level", "full", "--vm", vm], environment);

    async Task<ChildResult> MeasureAsync(string what, string[] arguments, params (string Name, string Value)[] environment)
    {
        await using var process = VmproxyProgram.Start(["--config", Bench.ConfigurationFile, .. arguments], environment: environment);
        var result = (await process.WaitAsync()).Expect(Done);
        await TestContext.Out.WriteLineAsync(
            $"{what}: {result.Duration.TotalSeconds:0.0} s, {result.ProcessorTime.TotalSeconds:0.0} s of processors, "
            + $"peak anonymous memory {result.PeakAnonymousMemory >> 20} MiB");
        Assert.That(result.PeakAnonymousMemory, Is.InRange(1, MemoryLimit), what);
        return result;
    }

    /// <summary>The image is as long as the disk, takes the room of the data, and holds it: beginning, middle and end of every stretch, and nothing before it.</summary>
    async Task ExpectImageAsync(string path)
    {
        Assert.That(new FileInfo(path).Length, Is.EqualTo(HugeSize));
        var allocated = long.Parse((await Tool.RunAsync("stat", ["-c", "%b", path])).Trim(), CultureInfo.InvariantCulture) * 512;
        Assert.That(allocated, Is.InRange(DataSize, DataSize + (16 << 20)));
        using var image = File.OpenHandle(path);
        const int Length = 1 << 20;
        var buffer = new byte[Length];
        for (var number = 0; number < Stretches; number++)
        {
            var start = Offset(HugeSize, number);
            foreach (var offset in new[] { start - Length, start, start + (StretchSize / 2) + 512, start + StretchSize - Length }.Where(offset => offset >= 0))
            {
                var read = await RandomAccess.ReadAsync(image, buffer, offset);
                var same = buffer.AsSpan(0, read).SequenceEqual(Bench.Lab.Control.ReadDisk("huge", 0, offset, Length));
                Assert.That((read, same), Is.EqualTo((Length, true)), $"at {offset}");
            }
        }
    }
}
