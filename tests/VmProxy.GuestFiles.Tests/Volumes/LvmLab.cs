using System.Globalization;
using System.Text.Json;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Volumes;

/// <summary>Real LVM2 over images, by loop devices and without the device mapper. It sees no other device than its own.</summary>
sealed class LvmLab : IAsyncDisposable
{
    readonly List<LoopDevice> _loops = [];

    public List<TestImage> Images { get; } = [];

    public string Device(int index) => _loops[index].Path;

    /// <summary>Images of that many MiB, each attached, with noise on them.</summary>
    public static async Task<LvmLab> CreateAsync(params int[] sizes)
    {
        var lab = new LvmLab();
        foreach (var size in sizes)
        {
            var image = new TestImage(0);
            image.Write(0, BlockContent.Mixed(size * 1024 * 1024, lab.Images.Count + 1));
            image.Write(0, new byte[64 * 1024]);
            lab.Images.Add(image);
            lab._loops.Add(await LoopDevice.AttachAsync(image.Path));
        }

        return lab;
    }

    /// <summary>Runs a line of lvm, such as "lvcreate -L 4M -n a vg0"; {0} stands for the first device.</summary>
    public async Task<string> LvmAsync(string line)
    {
        var words = string.Format(CultureInfo.InvariantCulture, line, [.. _loops.Select(loop => (object)loop.Path)]).Split(' ');
        string[] own = ["--devices", string.Join(',', _loops.Select(loop => loop.Path)), "--config", "backup/backup=0 backup/archive=0 activation/udev_sync=0"];
        string[] inactive = words[0] switch
        {
            "lvcreate" => ["-an", "-Zn", "-Wn", "--driverloaded", "n"],
            "lvextend" or "lvs" or "vgcfgrestore" => ["--driverloaded", "n"],
            _ => [],
        };
        return await Tool.RunAsync(Tool.Require("lvm", "lvm2"), [.. words, .. own, .. inactive, .. words[0] is "lvs" or "pvs" ? Array.Empty<string>() : ["-q", "-y"]]);
    }

    /// <summary>The content of a logical volume by what lvs says of its segments: bytes are taken from the images extent by extent and stripe by stripe.</summary>
    public async Task<byte[]> ContentAsync(string volume)
    {
        var starts = (await LvmAsync("pvs --noheadings --nosuffix --units b -o pv_name,pe_start,vg_extent_size")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .ToDictionary(fields => fields[0], fields => (Start: long.Parse(fields[1], CultureInfo.InvariantCulture), Extent: int.Parse(fields[2], CultureInfo.InvariantCulture)));
        using var report = JsonDocument.Parse(await LvmAsync($"lvs -a --reportformat json --nosuffix --units b -o seg_pe_ranges,stripe_size,seg_start_pe -O seg_start_pe {volume}"));
        using var content = new MemoryStream();
        foreach (var segment in report.RootElement.GetProperty("report")[0].GetProperty("lv").EnumerateArray())
        {
            var stripe = int.Parse(segment.GetProperty("stripe_size").GetString()!, CultureInfo.InvariantCulture);
            var parts = segment.GetProperty("seg_pe_ranges").GetString()!.Split(' ').Select(range =>
            {
                var (device, extents) = (range.Split(':')[0], range.Split(':')[1].Split('-').Select(long.Parse).ToArray());
                var (start, extent) = starts[device];
                return Images[_loops.FindIndex(loop => loop.Path == device)].Read(start + (extents[0] * extent), (int)(extents[1] - extents[0] + 1) * extent);
            }).ToList();
            var step = parts.Count == 1 ? parts[0].Length : stripe;
            for (var at = 0; at < parts[0].Length; at += step)
            {
                parts.ForEach(part => content.Write(part, at, step));
            }
        }

        return content.ToArray();
    }

    /// <summary>Changes the metadata as text, which LVM2 reads, checks and writes.</summary>
    public async Task EditAsync(string group, Func<string, string> edit)
    {
        using var folder = new TempFolder();
        await LvmAsync($"vgcfgbackup -f {folder["text"]} {group}");
        await File.WriteAllTextAsync(folder["text"], edit(await File.ReadAllTextAsync(folder["text"])));
        await LvmAsync($"vgcfgrestore --force -f {folder["text"]} {group}");
    }

    /// <summary>Lets go of the devices, so that the images hold all that was written.</summary>
    public async Task DetachAsync()
    {
        foreach (var loop in _loops)
        {
            await loop.DisposeAsync();
        }

        _loops.Clear();
    }

    /// <summary>What we see on some of the images, each a disk named d and its number.</summary>
    public async Task<GuestDisks> OpenAsync(params int[] images)
    {
        var disks = images.Select(index => new GuestDisk($"d{index}", new MemoryBlockDevice(Images[index].ReadAll()))).ToList();
        return await GuestDisks.OpenAsync(disks, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await DetachAsync();
        Images.ForEach(image => image.Dispose());
    }
}
