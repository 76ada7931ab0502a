using CsCheck;
using VmProxy.Lab.Storage;
using VmProxy.Testing;

namespace VmProxy.Lab.Tests;

/// <summary>A disk under random guest writes, snapshots, removals and reverts, against plain byte arrays.</summary>
public sealed class DiskTreeTests
{
    const int Size = 3 << 20;

    enum Step
    {
        Write,
        Snapshot,
        Remove,
        Revert,
    }

    [Test]
    public void Every_state_reads_as_it_was_written_whatever_happens_in_between()
    {
        var step = Gen.Select(Gen.Enum<Step>(), Gen.Int[0, Size - 1], Gen.Int[1, 200_000], Gen.Byte[1, 255]);
        step.Array[1, 25].Sample(Run, iter: 25, threads: 1);
    }

    [Test]
    public async Task A_chain_on_disk_is_what_qemu_reads()
    {
        var qemu = Tool.Require("qemu-img", "qemu-utils");
        using var folder = new TempFolder();
        using var disk = Create(folder.Path);
        var random = new Random(7);
        for (var level = 0; level < 3; level++)
        {
            for (var i = 0; i < 20; i++)
            {
                var data = new byte[random.Next(1, 90_000)];
                random.NextBytes(data);
                disk.Write(random.Next(0, Size - data.Length), data);
            }

            disk.Freeze($"s{level}");
        }

        await ExpectQemuAgreesAsync(qemu, disk, folder["out0.raw"]);
        disk.Release("s1");
        disk.Consolidate();
        disk.Write(12345, new byte[] { 1, 2, 3 });
        await ExpectQemuAgreesAsync(qemu, disk, folder["out1.raw"]);
    }

    [Test]
    public void A_link_that_another_vm_reads_is_not_merged_and_its_delta_stays()
    {
        using var folder = new TempFolder();
        using var disk = Create(folder.Path);
        disk.Freeze("s");
        disk.Write(0, new byte[] { 1 });
        var frozen = disk.Pinned("s");
        Assert.That(disk.TryOpen(frozen));
        disk.Release("s");

        Assert.That(disk.Consolidate, Throws.TypeOf<FileLockedException>());
        Assert.That(disk.ConsolidationNeeded);
        Assert.That(File.Exists(folder["d-000001-delta.vmdk"]));

        disk.Close(frozen);
        disk.Consolidate();
        Assert.That(disk.ConsolidationNeeded, Is.False);
        Assert.That(File.Exists(folder["d-000001-delta.vmdk"]), Is.False);
        Assert.That(ReadAll(disk, disk.Leaf)[0], Is.EqualTo(1));
    }

    [Test]
    public void Room_follows_the_deltas_and_comes_back_with_them()
    {
        using var folder = new TempFolder();
        var space = new SpaceAccount("ds", 100 << 20);
        using var disk = Create(folder.Path, space);
        var before = space.Free;
        disk.Freeze("s");
        disk.Write(0, new byte[1 << 20]);
        Assert.That(before - space.Free, Is.InRange(1 << 20, (1 << 20) + (64 << 10)));
        disk.Release("s");
        disk.Consolidate();
        Assert.That(before - space.Free, Is.EqualTo(FlatLayer.AllocationUnit));

        space.SetFull(true);
        Assert.That(() => disk.Freeze("t"), Throws.TypeOf<DatastoreFullException>());
        Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(2));
    }

    static void Run((Step Kind, int Offset, int Length, byte Value)[] steps)
    {
        using var folder = new TempFolder();
        using var disk = Create(folder.Path);
        var now = new byte[Size];
        var frozen = new Dictionary<string, byte[]>();
        var number = 0;
        foreach (var (kind, offset, length, value) in steps)
        {
            var chosen = frozen.Count == 0 ? null : frozen.Keys.Order().ElementAt(offset % frozen.Count);
            switch (kind)
            {
                case Step.Write:
                    var data = new byte[Math.Min(length, Size - offset)];
                    Array.Fill(data, value);
                    disk.Write(offset, data);
                    data.CopyTo(now, offset);
                    break;
                case Step.Snapshot:
                    disk.Freeze($"s{++number}");
                    frozen.Add($"s{number}", [.. now]);
                    break;
                case Step.Remove when chosen is not null:
                    disk.Release(chosen);
                    disk.Consolidate();
                    frozen.Remove(chosen);
                    break;
                case Step.Revert when chosen is not null:
                    disk.Revert(chosen);
                    now = [.. frozen[chosen]];
                    break;
            }

            Expect(disk, disk.Leaf, now);
            foreach (var (name, content) in frozen)
            {
                Expect(disk, disk.Pinned(name), content);
            }
        }

        foreach (var name in frozen.Keys)
        {
            disk.Release(name);
        }

        disk.Consolidate();
        Expect(disk, disk.Leaf, now);
        if (disk.Layers.Count != 1)
        {
            throw new InvalidOperationException("Without snapshots a disk has one link.");
        }
    }

    static void Expect(DiskTree disk, DiskLayer layer, byte[] content)
    {
        if (!ReadAll(disk, layer).AsSpan().SequenceEqual(content))
        {
            throw new InvalidOperationException($"{layer.Files.Name} reads differently.");
        }

        var allocated = new byte[Size];
        foreach (var range in disk.Allocated(layer, 512))
        {
            content.AsSpan((int)range.Start, (int)range.Length).CopyTo(allocated.AsSpan((int)range.Start));
        }

        if (!allocated.AsSpan().SequenceEqual(content))
        {
            throw new InvalidOperationException($"{layer.Files.Name} holds data outside its allocated areas.");
        }
    }

    static byte[] ReadAll(DiskTree disk, DiskLayer layer)
    {
        var content = new byte[Size];
        disk.Read(layer, 0, content);
        return content;
    }

    static async Task ExpectQemuAgreesAsync(string qemu, DiskTree disk, string raw)
    {
        await Tool.RunAsync(qemu, ["convert", "-f", "vmdk", "-O", "raw", disk.Leaf.Files.DescriptorPath, raw]);
        Assert.That((await File.ReadAllBytesAsync(raw)).AsSpan().SequenceEqual(ReadAll(disk, disk.Leaf)));
    }

    static DiskTree Create(string folder, SpaceAccount? space = null)
    {
        space ??= new SpaceAccount("ds", 1L << 30);
        return new DiskTree(FlatLayer.Create(new LayerFiles(folder, "[ds] d", "d", "flat", Guid.NewGuid()), Size, true, space), space);
    }
}
