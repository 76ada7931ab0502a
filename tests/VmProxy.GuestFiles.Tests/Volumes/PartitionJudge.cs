using System.Globalization;
using System.Text.Json;

namespace VmProxy.GuestFiles.Tests.Volumes;

/// <summary>A partition as sfdisk and partx see it, in sectors.</summary>
sealed record JudgedPartition(int Number, long Start, long Count, string? Name, bool IsBootable);

/// <summary>What sfdisk and partx say of a table. They must agree with each other, too.</summary>
static class PartitionJudge
{
    static readonly string[] Extended = ["5", "f", "85"];

    public static async Task<IReadOnlyList<JudgedPartition>> OfAsync(TestImage image)
    {
        using var document = JsonDocument.Parse(await image.RunAsync("sfdisk", "fdisk", "--json", "{}"));
        var partitions = document.RootElement.GetProperty("partitiontable").GetProperty("partitions").EnumerateArray()
            .Where(partition => !Extended.Contains(partition.GetProperty("type").GetString()))
            .Select(partition => new JudgedPartition(
                int.Parse(partition.GetProperty("node").GetString()![image.Path.Length..], CultureInfo.InvariantCulture),
                partition.GetProperty("start").GetInt64(),
                partition.GetProperty("size").GetInt64(),
                partition.TryGetProperty("name", out var name) ? name.GetString() : null,
                (partition.TryGetProperty("bootable", out var bootable) && bootable.GetBoolean())
                    || (partition.TryGetProperty("attrs", out var attributes) && attributes.GetString()!.Contains("LegacyBIOSBootable", StringComparison.Ordinal))))
            .ToList();
        var kernelLike = (await image.RunAsync("partx", "util-linux", "-g", "-r", "-o", "NR,START,SECTORS", "{}")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ').Select(field => long.Parse(field, CultureInfo.InvariantCulture)).ToArray())
            .Where(fields => fields[2] > 2 || partitions.Exists(partition => partition.Number == fields[0]))
            .Select(fields => (fields[0], fields[1], fields[2])).ToList();
        Assert.That(partitions.Select(partition => ((long)partition.Number, partition.Start, partition.Count)), Is.SubsetOf(kernelLike));
        return partitions;
    }

    public static async Task ExpectAsync(TestImage image, IReadOnlyList<GuestVolume> volumes) => Expect(await OfAsync(image), volumes);

    public static void Expect(IReadOnlyList<JudgedPartition> judged, IReadOnlyList<GuestVolume> volumes, int sectorSize = 512)
    {
        Assert.That(judged, Is.Not.Empty);
        Assert.That(
            volumes.Select(volume => new JudgedPartition(volume.Number!.Value, volume.Offset!.Value / sectorSize, volume.Length / sectorSize, volume.Label, volume.IsBootable)),
            Is.EqualTo(judged.OrderBy(partition => partition.Number)));
        Assert.That(volumes, Has.All.Matches<GuestVolume>(volume => volume.Role == VolumeRole.Partition && volume.Device.Length == volume.Length));
    }
}
