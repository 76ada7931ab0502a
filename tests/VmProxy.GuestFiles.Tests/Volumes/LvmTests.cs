using VmProxy.GuestFiles.Tests.Judging;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Volumes;

sealed class LvmTests
{
    [Test]
    public async Task Linear_and_striped_volumes_over_several_disks_have_the_content_that_lvs_says()
    {
        await using var lab = await LvmLab.CreateAsync(24, 16, 20);
        await GroupAsync(lab, "pvcreate {0} {1} {2}", "vgcreate -s 1M vg0 {0} {1} {2}", "lvcreate -L 5M -n lin vg0 {0}", "lvcreate -L 6M -i 3 -I 64k -n str vg0", "lvcreate -L 1M -n small vg0 {0}",
            "lvextend -L 9M vg0/lin {1}", "lvextend -L 12M vg0/lin {0}", "lvextend -L 15M vg0/lin {2}", "lvextend -i 2 -I 16k -L 12M vg0/str {1} {2}");
        var expected = new Dictionary<string, byte[]> { ["lin"] = await lab.ContentAsync("vg0/lin"), ["str"] = await lab.ContentAsync("vg0/str"), ["small"] = await lab.ContentAsync("vg0/small") };
        await lab.DetachAsync();
        await using var disks = await lab.OpenAsync(2, 0, 1);
        Assert.That(disks.Findings, Is.Empty);
        Assert.That(disks.Volumes.Select(volume => volume.Name), Is.EqualTo(new[] { "d2", "d0", "d1", "vg0/lin", "vg0/str", "vg0/small" }));
        foreach (var (name, content) in expected)
        {
            var volume = disks.Find($"vg0/{name}");
            Assert.That((volume.Role, volume.Disk, volume.Length, volume.Offset), Is.EqualTo((VolumeRole.LogicalVolume, "vg0", (long)content.Length, (long?)null)));
            var bytes = new byte[content.Length];
            await volume.Device.ReadAsync(0, bytes, CancellationToken.None);
            Assert.That(bytes.AsSpan().SequenceEqual(content), name);
            Assert.That(await ReaderFacts.HashAsync(volume.Device), Is.EqualTo(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content))), name);
        }

        Assert.That(disks.Find("vg0/lin").TypeName, Is.EqualTo("linear"));
        Assert.That(disks.Find("vg0/str").TypeName, Is.EqualTo("striped"));
        Assert.That(disks.Find("d0").Problem, Is.Null);
        Assert.That(
            async () => await GuestLocation.ResolveAsync(disks, "d0:/", followLast: true, CancellationToken.None),
            Throws.InstanceOf<GuestFileException>().With.Message.Contains("logical volumes: vg0/lin, vg0/str, vg0/small"));
    }

    [Test]
    public async Task What_lies_on_a_missing_disk_is_named_and_the_rest_is_read()
    {
        await using var lab = await LvmLab.CreateAsync(16, 16);
        await GroupAsync(lab, "pvcreate {0} {1}", "vgcreate -s 1M vg0 {0} {1}", "lvcreate -L 4M -n one vg0 {0}", "lvcreate -L 4M -n two vg0 {1}", "lvcreate -L 6M -i 2 -n both vg0", "lvcreate -L 2M --type zero -n zeros vg0");
        var expected = await lab.ContentAsync("vg0/one");
        await lab.DetachAsync();
        await using var disks = await lab.OpenAsync(0);
        Assert.That(disks.Findings.Single().Message, Does.Contain("pv1").And.Contain("vg0"));
        Assert.That(disks.Volumes.Where(volume => volume.Role == VolumeRole.LogicalVolume).Select(volume => (volume.Name, volume.Length >> 20, volume.Problem?.Code)), Is.EqualTo(new (string, long, string?)[]
        {
            ("vg0/one", 4, GuestFileErrorCodes.Unsupported), ("vg0/two", 4, GuestFileErrorCodes.NotFound), ("vg0/both", 6, GuestFileErrorCodes.NotFound), ("vg0/zeros", 2, GuestFileErrorCodes.Unsupported),
        }));
        var bytes = new byte[expected.Length];
        await disks.Find("vg0/one").Device.ReadAsync(0, bytes, CancellationToken.None);
        Assert.That(bytes.AsSpan().SequenceEqual(expected));
        Assert.That(async () => await disks.Find("vg0/two").OpenAsync(CancellationToken.None), Throws.InstanceOf<GuestFileException>().With.Message.Contains("on none of the disks"));
    }

    [Test]
    public async Task A_file_system_in_a_logical_volume_on_a_partition_is_recognised()
    {
        await using var lab = await LvmLab.CreateAsync(0);
        using var file = new TestImage(4 * 1024 * 1024);
        await file.ShellAsync("mke2fs -q -t ext4 {}");
        await lab.DetachAsync();
        await lab.Images[0].ShellAsync("truncate -s 24M {}; printf 'label: gpt\\n,,L\\n' | sfdisk -q {}; truncate -s 20M {}.pv");
        await using var loop = await LoopDevice.AttachAsync(lab.Images[0].Path + ".pv");
        await Tool.RunAsync("sh", ["-ec", $"lvm pvcreate -q --devices {loop.Path} {loop.Path}; lvm vgcreate -q --devices {loop.Path} -s 1M --config 'backup/backup=0 backup/archive=0' vg.1 {loop.Path}; "
            + $"lvm lvcreate -q --devices {loop.Path} --config 'backup/backup=0 backup/archive=0' -an -Zn -Wn --driverloaded n -L 4M -n root-a vg.1; dd if={file.Path} of={loop.Path} bs=1M seek=1 status=none conv=fsync; "
            + $"dd if={loop.Path} of={lab.Images[0].Path} bs=1M seek=1 conv=notrunc status=none"]);
        await using var disks = await lab.OpenAsync(0);
        Assert.That(disks.Volumes.Select(volume => (volume.Name, volume.Content.Kind, volume.IsReadable)), Is.EqualTo(new[] { ("d0p1", VolumeKind.Lvm, false), ("vg.1/root-a", VolumeKind.Ext, true) }));
    }

    [Test]
    public async Task Kinds_of_volumes_that_are_not_read_are_named_and_hidden_ones_are_not_offered()
    {
        await using var lab = await LvmLab.CreateAsync(32);
        await GroupAsync(lab, "pvcreate {0}", "vgcreate -s 1M vg0 {0}", "lvcreate -L 2M -n origin vg0", "lvcreate -L 2M -n cow vg0", "lvcreate -L 2M -n pmeta vg0", "lvcreate -L 4M -n pdata vg0", "lvcreate -L 2M --type error -n bad vg0");
        await lab.EditAsync("vg0", text => WithThinAndSnapshot(text));
        Assert.That(await lab.LvmAsync("lvs -a --noheadings -o lv_name,segtype,lv_attr vg0"), Does.Contain("thin-pool").And.Contain("thin ").And.Contain("swi"), "LVM2 sees them so");
        await lab.DetachAsync();
        await using var disks = await lab.OpenAsync(0);
        var logical = disks.Volumes.Where(volume => volume.Role == VolumeRole.LogicalVolume).ToDictionary(volume => volume.Name, volume => volume);
        Assert.That(logical.Keys, Is.EquivalentTo(new[] { "vg0/origin", "vg0/cow", "vg0/bad", "vg0/pool", "vg0/t1" }));
        Assert.That(logical.Values.Select(volume => volume.Problem!.Code), Is.All.EqualTo(GuestFileErrorCodes.Unsupported));
        Assert.That(logical["vg0/cow"].Problem!.Message, Does.Contain("a snapshot of origin"));
        Assert.That(logical["vg0/t1"].Problem!.Message, Does.Contain("thin pool"));
        Assert.That(logical["vg0/origin"].Device.Length, Is.EqualTo(2 << 20), "the origin holds what it holds now");
        Assert.That((logical["vg0/cow"].TypeName, logical["vg0/pool"].TypeName, logical["vg0/bad"].TypeName), Is.EqualTo(("snapshot", "thin-pool", "error")));
    }

    [Test]
    public async Task The_newest_metadata_counts_wherever_it_lies()
    {
        await using var lab = await LvmLab.CreateAsync(16, 16);
        await GroupAsync(lab, "pvcreate {0} {1}", "vgcreate -s 1M vg0 {0} {1}", "lvcreate -L 4M -n a vg0");
        await lab.DetachAsync();
        var old = lab.Images[0].Read(0, 1024 * 1024);
        await using var again = await LoopDevice.AttachAsync(lab.Images[0].Path);
        await using var other = await LoopDevice.AttachAsync(lab.Images[1].Path);
        await Tool.RunAsync("lvm", ["lvcreate", "-q", "--devices", $"{again.Path},{other.Path}", "--config", "backup/backup=0 backup/archive=0", "-an", "-Zn", "-Wn", "--driverloaded", "n", "-L", "2M", "-n", "newer", "vg0"]);
        await Tool.RunAsync("sync", ["-f", lab.Images[0].Path]);
        lab.Images[0].Write(0, old);
        await using var disks = await lab.OpenAsync(0, 1);
        Assert.That(disks.Volumes.Select(volume => volume.Name), Does.Contain("vg0/newer"));
    }

    [Test]
    public async Task Text_that_goes_around_the_end_of_its_ring_and_a_second_area_are_read()
    {
        await using var lab = await LvmLab.CreateAsync(24);
        await GroupAsync(lab, "pvcreate --metadatacopies 2 --metadatasize 20k {0}", "vgcreate -s 1M vg0 {0}");
        for (var i = 0; i < 14; i++)
        {
            await lab.LvmAsync($"lvcreate -L 1M -n lv{i} vg0");
            await using var disks = await lab.OpenAsync(0);
            Assert.That(disks.Volumes.Count(volume => volume.Role == VolumeRole.LogicalVolume), Is.EqualTo(i + 1));
            Assert.That(disks.Findings, Is.Empty);
        }

        await lab.DetachAsync();
        var first = lab.Images[0].ReadAll().AsSpan().IndexOf(" LVM2 x[5A%r0N*>"u8);
        lab.Images[0].Write(first + 40, [1]);
        await using var damaged = await lab.OpenAsync(0);
        Assert.That(damaged.Volumes.Count(volume => volume.Role == VolumeRole.LogicalVolume), Is.EqualTo(14));
        Assert.That(damaged.Findings.Single().Message, Does.Contain("header of the metadata"));
    }

    [Test]
    public async Task Two_groups_of_one_name_are_told_apart_and_a_copy_of_a_disk_is_told()
    {
        await using var lab = await LvmLab.CreateAsync(8);
        await using var second = await LvmLab.CreateAsync(8);
        foreach (var one in new[] { lab, second })
        {
            await GroupAsync(one, "pvcreate {0}", "vgcreate -s 1M same {0}", "lvcreate -L 1M -n a same");
            await one.DetachAsync();
        }

        var (first, other) = (new MemoryBlockDevice(lab.Images[0].ReadAll()), new MemoryBlockDevice(second.Images[0].ReadAll()));
        await using var disks = await GuestDisks.OpenAsync([new("x", first), new("y", other), new("z", first)], CancellationToken.None);
        Assert.That(disks.Volumes.Skip(3).Select(volume => volume.Name), Is.Unique.And.All.Matches("^same-[A-Za-z0-9]{6}/a$").And.Exactly(2).Items);
        Assert.That(disks.Findings.Single().Subject, Is.EqualTo("z"));
        Assert.That(disks.Findings.Single().Code, Is.EqualTo(GuestFileErrorCodes.Ambiguous));
    }

    static async Task GroupAsync(LvmLab lab, params string[] lines)
    {
        foreach (var line in lines)
        {
            await lab.LvmAsync(line);
        }
    }

    /// <summary>Makes pdata and pmeta hidden parts of a pool with one thin volume, and cow the store of a snapshot of origin.</summary>
    static string WithThinAndSnapshot(string text)
    {
        foreach (var (visible, hidden) in new[] { ("pdata", "pool_tdata"), ("pmeta", "pool_tmeta") })
        {
            var at = text.IndexOf($"{visible} {{", StringComparison.Ordinal);
            text = text[..at] + text[at..].ReplaceFirst(visible, hidden).ReplaceFirst(", \"VISIBLE\"", "");
        }

        const string More = """
            pool {
            id = "aaaaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaaaa"
            status = ["READ", "WRITE", "VISIBLE"]
            flags = []
            segment_count = 1
            segment1 {
            start_extent = 0
            extent_count = 4
            type = "thin-pool"
            metadata = "pool_tmeta"
            pool = "pool_tdata"
            transaction_id = 1
            chunk_size = 128
            discards = "passdown"
            zero_new_blocks = 1
            }
            }
            t1 {
            id = "bbbbbb-bbbb-bbbb-bbbb-bbbb-bbbb-bbbbbb"
            status = ["READ", "WRITE", "VISIBLE"]
            flags = []
            segment_count = 1
            segment1 {
            start_extent = 0
            extent_count = 8
            type = "thin"
            thin_pool = "pool"
            transaction_id = 0
            device_id = 1
            }
            }
            snapshot0 {
            id = "cccccc-cccc-cccc-cccc-cccc-cccc-cccccc"
            status = ["READ", "WRITE"]
            flags = []
            segment_count = 1
            segment1 {
            start_extent = 0
            extent_count = 2
            type = "snapshot"
            chunk_size = 8
            origin = "origin"
            cow_store = "cow"
            }
            }

            """;
        var volumes = text.IndexOf("logical_volumes {", StringComparison.Ordinal) + "logical_volumes {".Length;
        return text[..volumes] + "\n" + More + text[volumes..];
    }
}
