using NUnit.Framework;
using VmProxy.Blocks;

namespace VmProxy.Testing;

/// <summary>What every writable block device must do besides being one that can be read.</summary>
public abstract class WritableBlockDeviceConformance : BlockDeviceConformance
{
    [Test]
    public async Task Random_writes_and_zeroing_match_a_model_in_memory()
    {
        await using var subject = await OpenAsync();
        var device = (IWritableBlockDevice)subject.Device;
        var model = (byte[])subject.Content.Clone();
        var random = new Random(11);
        for (var i = 0; i < Rounds; i++)
        {
            var (offset, length) = RandomRange(random, model.Length);
            if (random.Next(4) == 0)
            {
                await device.ZeroAsync(offset, length, CancellationToken.None);
                model.AsSpan(offset, length).Clear();
            }
            else
            {
                var data = new byte[length];
                random.NextBytes(data);
                await device.WriteAsync(offset, data, CancellationToken.None);
                data.CopyTo(model, offset);
            }

            (offset, length) = RandomRange(random, model.Length);
            var seen = new byte[length];
            await device.ReadAsync(offset, seen, CancellationToken.None);
            ExpectBytes(seen, model.AsSpan(offset, length), offset);
        }

        await device.FlushAsync(CancellationToken.None);
        var all = new byte[model.Length];
        await device.ReadAsync(0, all, CancellationToken.None);
        ExpectBytes(all, model, 0);
        await foreach (var run in device.RunsAsync(0, model.Length, CancellationToken.None))
        {
            Assert.That(
                run.Kind == BlockRunKind.Data || !model.AsSpan((int)run.Offset, (int)run.Length).ContainsAnyExcept((byte)0), $"{run}");
        }
    }

    [Test]
    public async Task A_write_outside_is_refused()
    {
        await using var subject = await OpenAsync();
        var device = (IWritableBlockDevice)subject.Device;
        foreach (var offset in new[] { -1, device.Length - 1, device.Length, long.MaxValue })
        {
            Assert.That(
                async () => await device.WriteAsync(offset, new byte[2], CancellationToken.None),
                Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(
                async () => await device.ZeroAsync(offset, 2, CancellationToken.None), Throws.InstanceOf<ArgumentOutOfRangeException>());
        }
    }
}
