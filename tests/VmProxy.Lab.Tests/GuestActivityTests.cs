using System.Diagnostics;
using VmProxy.Lab.Control;
using VmProxy.Lab.Storage;
using VmProxy.Testing;

namespace VmProxy.Lab.Tests;

/// <summary>Files changed inside a real ext4 disk, judged by e2fsck and by what change tracking says.</summary>
public sealed class GuestActivityTests
{
    const int Size = 32 << 20;

    [Test]
    public async Task Changed_files_go_through_redo_log_and_change_tracking_and_leave_a_sound_file_system()
    {
        using var tree = new TempFolder();
        await File.WriteAllTextAsync(tree["hello"], "hello");
        await File.WriteAllBytesAsync(tree["payload"], [.. Enumerable.Repeat((byte)7, 300_000)]);
        await using var lab = await LabFixture.StartAsync(options => options.VirtualMachines =
        [
            new LabVmOptions { Name = "files", ChangeTracking = true, Disks = [new LabDiskOptions { Size = Size, Tree = tree.Path }] },
        ]);
        var control = lab.Server.Control;
        var before = await control.Operator.CreateSnapshotAsync("files", "before");
        var frozen = control.ReadSnapshotDisk("files", before, 0, 0, Size);

        var written = await control.Guest.ChangeFilesAsync("files", 0, $"write {tree["payload"]} more\nrm hello\nmkdir folder");
        var after = await control.Operator.CreateSnapshotAsync("files", "after");
        var now = control.ReadSnapshotDisk("files", after, 0, 0, Size);

        Assert.That(written, Is.InRange(300_000, 3_000_000));
        Assert.That(control.ReadSnapshotDisk("files", before, 0, 0, Size).AsSpan().SequenceEqual(frozen), "the frozen disk changed");
        var changed = Enumerable.Range(0, Size / ChangeTracker.BlockSize)
            .Where(block => !frozen.AsSpan(block * ChangeTracker.BlockSize, ChangeTracker.BlockSize)
                .SequenceEqual(now.AsSpan(block * ChangeTracker.BlockSize, ChangeTracker.BlockSize)))
            .Select(block => (long)block * ChangeTracker.BlockSize);
        using var client = await LabTestClient.LoginAsync(lab.Server);
        var areas = await client.ChangedBlocksAsync("files", after, control.Snapshots()[0].Disks[0].ChangeId!);
        Assert.That(areas, Is.EqualTo(changed));

        control.ExportSnapshotDisk("files", after, 0, lab.Folder["disk.raw"]);
        await Tool.RunAsync(Tool.Require("e2fsck", "e2fsprogs"), ["-fn", lab.Folder["disk.raw"]]);
        var listing = await Tool.RunAsync(Tool.Require("debugfs", "e2fsprogs"), ["-R", "ls -p /", lab.Folder["disk.raw"]]);
        Assert.That(listing, Does.Contain("/more/").And.Contain("/folder/").And.Not.Contain("/hello/"));
    }

    [Test]
    public async Task A_wrong_command_is_refused_and_changes_nothing()
    {
        using var tree = new TempFolder();
        await using var lab = await LabFixture.StartAsync(options => options.VirtualMachines =
        [
            new LabVmOptions { Name = "files", Disks = [new LabDiskOptions { Size = Size, Tree = tree.Path }] },
        ]);
        var control = lab.Server.Control;
        var before = control.ReadDisk("files", 0, 0, Size);
        Assert.That(async () => await control.Guest.ChangeFilesAsync("files", 0, "rm nothing"), Throws.InvalidOperationException);
        Assert.That(control.ReadDisk("files", 0, 0, Size).AsSpan().SequenceEqual(before));
    }

    [Test]
    public async Task The_snapshot_log_keeps_what_disks_held_when_their_snapshots_are_gone()
    {
        await using var lab = await LabFixture.StartAsync();
        var control = lab.Server.Control;
        await control.Guest.WriteRandomAsync("web", 0, 12345, 100_000, 1);
        var snapshot = await control.Operator.CreateSnapshotAsync("web", "one");
        control.ExportSnapshotDisk("web", snapshot, 0, lab.Folder["disk.raw"]);
        await control.Guest.WriteRandomAsync("web", 0, 0, 8 << 20, 2);
        Assert.That(control.Operator.DeleteAllSnapshots("web"));

        var entry = control.Snapshots().Single();
        var expected = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(await File.ReadAllBytesAsync(lab.Folder["disk.raw"])));
        Assert.That(entry.Removed);
        Assert.That(entry.Disks[0].Sha256, Is.EqualTo(expected));
    }

    [Test]
    public async Task A_lab_without_big_disks_starts_at_once_and_many_run_side_by_side()
    {
        await using var warm = await LabFixture.StartAsync();
        var watch = Stopwatch.StartNew();
        var labs = new List<LabFixture>();
        for (var i = 0; i < 5; i++)
        {
            labs.Add(await LabFixture.StartAsync());
        }

        TestContext.Out.WriteLine($"five labs in {watch.ElapsedMilliseconds} ms");
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(5)));
        Assert.That(labs.Select(lab => lab.Server.Url).Distinct().Count(), Is.EqualTo(5));
        foreach (var lab in labs)
        {
            await lab.DisposeAsync();
        }
    }

    [Test]
    public async Task A_write_that_finds_no_room_stops_the_vm_and_the_least_that_was_free_is_remembered()
    {
        const int mebibyte = 1 << 20;
        await using var lab = await LabFixture.StartAsync(options =>
        {
            options.Datastores = [new LabDatastoreOptions { Name = "ds1", Capacity = 16 * mebibyte }];
            options.VirtualMachines = [new LabVmOptions { Name = "vm", Disks = [new LabDiskOptions { Size = 8 * mebibyte }] }];
        });
        var control = lab.Server.Control;
        await control.Guest.WriteRandomAsync("vm", 0, 0, 3 * mebibyte, seed: 1);
        var free = Datastore().Free;
        control.Operator.TakeRoom("ds1", free - mebibyte);
        Assert.That((Datastore().Free, Datastore().LowestFree, Stopped()), Is.EqualTo(((long)mebibyte, (long)mebibyte, 0)));
        Assert.That(async () => await control.Guest.WriteRandomAsync("vm", 0, 4 * mebibyte, 2 * mebibyte, seed: 2), Throws.TypeOf<DatastoreFullException>());
        Assert.That((Stopped(), Datastore().LowestFree), Is.EqualTo((1, 0L)));

        control.Operator.TakeRoom("ds1", -4 * mebibyte);
        await control.Guest.WriteRandomAsync("vm", 0, 4 * mebibyte, 2 * mebibyte, seed: 2);
        Assert.That((Stopped(), Datastore().Free, Datastore().LowestFree), Is.EqualTo((1, 3L * mebibyte, 0L)));

        LabDatastoreReport Datastore() => control.State().Datastores.Single();

        int Stopped() => control.State().VirtualMachines.Single(vm => vm.Name == "vm").Stopped;
    }
}
