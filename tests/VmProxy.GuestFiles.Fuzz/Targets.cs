using VmProxy.Blocks;
using VmProxy.GuestFiles.Fuzz.Harness;
using VmProxy.GuestFiles.Tests.Mutating;
using VmProxy.Nbd.Tests.Mutating;

namespace VmProxy.GuestFiles.Fuzz;

/// <summary>What can be fuzzed. A target throws for defects only.</summary>
static class Targets
{
    const int MaxContent = 64 * 1024;
    const long MaxAllocated = 1L << 30;

    public delegate Task Target(byte[] input);

    /// <summary>By the names that tools/fuzz.sh takes. Those of file systems differ in their seeds: which reader is used, the content says.</summary>
    public static IReadOnlyDictionary<string, Target> All { get; } = new SortedDictionary<string, Target>(StringComparer.Ordinal)
    {
        ["partitions"] = input => VolumesAsync(SectorFile.Unpack(input), Checks.RepairPartitions),
        ["lvm"] = input => VolumesAsync(SectorFile.Unpack(input), Checks.RepairLvm),
        ["ext"] = FileSystemAsync,
        ["ext-journal"] = FileSystemAsync,
        ["xfs"] = input => FileSystemAsync(input, XfsChecks.Repair),
        ["xfs-log"] = input => FileSystemAsync(input, XfsChecks.Repair),
        ["ntfs"] = FileSystemAsync,
        ["fat"] = FileSystemAsync,
        ["exfat"] = FileSystemAsync,
        ["lznt1"] = input => DecompressAsync(input, Lznt1.TryDecompress),
        ["xpress"] = input => DecompressAsync(input, new XpressHuffman().TryDecompress),
        ["lzx"] = input => DecompressAsync(input, new Lzx().TryDecompress),
        ["nbd"] = input => Conversation.RunAsync(input, new SectorDisk(100_000)),
    };

    /// <summary>Runs one input to its end.</summary>
    /// <exception cref="InvalidOperationException">It allocated far more than any disk of this size needs.</exception>
    public static void Run(Target target, byte[] input)
    {
        var before = GC.GetTotalAllocatedBytes();
        // The fuzzer calls and waits: nothing else runs in this process.
        target(input).GetAwaiter().GetResult();
        var allocated = GC.GetTotalAllocatedBytes() - before;
        if (allocated > MaxAllocated)
        {
            throw new InvalidOperationException($"It allocated {allocated} bytes.");
        }
    }

    delegate bool Decompressor(ReadOnlySpan<byte> source, Span<byte> target);

    /// <summary>The first two bytes say how much comes out, at most 32 KiB, the largest chunk that there is.</summary>
    static Task DecompressAsync(byte[] input, Decompressor decompress)
    {
        if (input.Length >= 2)
        {
            decompress(input.AsSpan(2), new byte[Math.Min(32768, (int)BitConverter.ToUInt16(input))]);
        }

        return Task.CompletedTask;
    }

    static Task FileSystemAsync(byte[] input) => FileSystemAsync(input, _ => { });

    static Task FileSystemAsync(byte[] input, Action<SectorDisk> repair)
    {
        var disk = SectorFile.Unpack(input);
        repair(disk);
        return Exercise.FileSystemAsync(
            disk, (device, cancellationToken) => FileSystems.OpenAsync(device, "volume", cancellationToken), CancellationToken.None, MaxContent);
    }

    static async Task VolumesAsync(SectorDisk disk, Action<SectorDisk> repair)
    {
        repair(disk);
        await using var disks = await GuestDisks.OpenAsync([new GuestDisk("a", disk)], CancellationToken.None);
        var names = new HashSet<string>();
        foreach (var volume in disks.Volumes)
        {
            if (!names.Add(volume.Name))
            {
                throw new InvalidOperationException($"Two volumes are called {volume.Name}.");
            }

            try
            {
                var bytes = new byte[(int)Math.Min(MaxContent, volume.Device.Length)];
                await volume.Device.ReadAsync(volume.Device.Length - bytes.Length, bytes, CancellationToken.None);
                var left = MaxContent;
                await foreach (var run in volume.Device.RunsAsync(0, volume.Device.Length, CancellationToken.None))
                {
                    if (run.Length <= 0 || --left == 0)
                    {
                        throw new InvalidOperationException($"Runs of {volume.Name} do not end.");
                    }
                }
            }
            catch (Exception exception) when (exception is GuestFileException or BlockDeviceException)
            {
                // A volume may lie on what is not there.
            }
        }
    }
}
