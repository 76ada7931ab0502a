using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using VmProxy.Blocks;
using VmProxy.Engine.Copying;
using VmProxy.Repository;
using VmProxy.Vsphere;

namespace VmProxy.Benchmarks.Repository;

/// <summary>
/// What the benchmark measures of ours, each in a process of its own: the engine's pipelines over the repository, without vCenter. A backup opens the
/// repository by its passphrase, reads the disk, stores and commits; a restore and a verification prove every chunk.
/// </summary>
static class OursCommand
{
    public const string Passphrase = "benchmark";

    /// <summary>For those who only read.</summary>
    public const int AnyLevel = 1;

    const int DiskKey = 2000;

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        switch (args)
        {
            case ["init", var folder]:
                await (await BackupRepository.InitializeAsync(
                    new LocalObjectStore(folder), Passphrase, new RepositoryOptions(), TimeProvider.System, cancellationToken)).DisposeAsync();
                return 0;
            case ["backup", var folder, var image, var level]:
                Report(await BackupAsync(folder, image, Number(level), null, cancellationToken));
                return 0;
            case ["backup", var folder, var image, var level, var areas]:
                var offsets = JsonSerializer.Deserialize<long[]>(await File.ReadAllTextAsync(areas, cancellationToken)) ?? [];
                Report(await BackupAsync(folder, image, Number(level), offsets, cancellationToken));
                return 0;
            case ["restore", var folder, var file, var durable]:
                Report(await RestoreAsync(folder, file, durable == "durable", cancellationToken));
                return 0;
            case ["verify", var folder]:
                Report(await VerifyAsync(folder, cancellationToken));
                return 0;
            case ["point", var folder]:
                Console.WriteLine(await LastPointAsync(folder, cancellationToken));
                return 0;
            case ["read", var image, var path]:
                return await Files.OursFiles.PrintAsync(Files.OursFiles.ReadAsync(image, path, cancellationToken));
            case ["first", var folder, var path]:
                return await Files.OursFiles.PrintAsync(Files.OursFiles.FirstByteAsync(folder, path, cancellationToken));
            default:
                return 2;
        }
    }

    /// <summary>Runs one of these in a process of its own.</summary>
    public static Task<Running.Measured> RunAloneAsync(Running.Runner runner, string[] arguments, CancellationToken cancellationToken) =>
        runner.RunAsync(Environment.ProcessPath!, [.. Host, .. arguments], new Dictionary<string, string>(), cancellationToken);

    // Started as `dotnet program.dll`, or as a program of its own.
    public static IEnumerable<string> Host =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(OursCommand).Assembly.Location, "ours"] : ["ours"];

    static async Task<string> LastPointAsync(string folder, CancellationToken cancellationToken)
    {
        await using var repository = await OpenAsync(new LocalObjectStore(folder), AnyLevel, cancellationToken);
        return (await repository.ListPointsAsync(cancellationToken))[^1].Id;
    }

    static async Task<object> BackupAsync(string folder, string image, int level, long[]? areas, CancellationToken cancellationToken)
    {
        var store = new LocalObjectStore(folder);
        var clock = Stopwatch.StartNew();
        await using var repository = await OpenAsync(store, level, cancellationToken);
        var opened = clock.Elapsed.TotalSeconds;
        await using var source = await FileBlockDevice.OpenAsync(image, cancellationToken: cancellationToken);
        var points = await repository.ListPointsAsync(cancellationToken);
        await using var session = await repository.BeginSessionAsync(cancellationToken);
        var before = points.Count == 0 ? null : points[^1].Disks[0].Map;
        using var writer = session.OpenDiskWriter(new DiskWriterOptions { Length = source.Length, Base = before });
        var ranges = areas?.Select(offset => new ByteRange(offset, Tree.DiskImage.ChangeSize)) ?? [new ByteRange(0, source.Length)];
        var allocated = GC.GetTotalAllocatedBytes();
        await DiskCapture.RunAsync(source, writer, ranges, writer.ChunkSize, _ => { }, cancellationToken);
        allocated = GC.GetTotalAllocatedBytes() - allocated;
        var captured = clock.Elapsed.TotalSeconds;
        var map = await writer.CompleteAsync(cancellationToken);
        await session.CommitAsync(
            new RestorePoint
            {
                Vm = new PointVm { Name = "benchmark" },
                Level = "full",
                Disks = [new PointDisk { Key = DiskKey, Label = "Hard disk 1", CapacityBytes = source.Length, Map = map }],
            },
            cancellationToken);
        return new { opened, captured, committed = clock.Elapsed.TotalSeconds, allocated, collections = GC.CollectionCount(0), session.Counters };
    }

    static async Task<object> RestoreAsync(string folder, string file, bool isDurable, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        await using var repository = await OpenAsync(new LocalObjectStore(folder), AnyLevel, cancellationToken);
        var point = (await repository.ListPointsAsync(cancellationToken))[^1];
        await using var source = await repository.OpenDiskAsync(point, DiskKey, cancellationToken);
        await using var target = await WritableFileBlockDevice.CreateAsync(file, source.Length, cancellationToken: cancellationToken);
        var allocated = GC.GetTotalAllocatedBytes();
        var written = await DiskImageCopy.RunAsync(source, isDurable ? target : new UnflushedDevice(target), _ => { }, cancellationToken);
        return new { seconds = clock.Elapsed.TotalSeconds, written, allocated = GC.GetTotalAllocatedBytes() - allocated, collections = GC.CollectionCount(0) };
    }

    static async Task<object> VerifyAsync(string folder, CancellationToken cancellationToken)
    {
        await using var repository = await OpenAsync(new LocalObjectStore(folder), AnyLevel, cancellationToken);
        var point = (await repository.ListPointsAsync(cancellationToken))[^1];
        var clock = Stopwatch.StartNew();
        var allocated = GC.GetTotalAllocatedBytes();
        var result = await repository.VerifyDiskAsync(point, DiskKey, null, cancellationToken);
        return result.IsIntact
            ? new { seconds = clock.Elapsed.TotalSeconds, bytes = result.BytesRead, allocated = GC.GetTotalAllocatedBytes() - allocated }
            : throw new Running.BenchmarkException($"The repository {folder} is damaged.");
    }

    static Task<BackupRepository> OpenAsync(LocalObjectStore store, int level, CancellationToken cancellationToken) =>
        BackupRepository.OpenAsync(store, Passphrase, TimeProvider.System, cancellationToken, level);

    static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    static void Report(object result) => Console.WriteLine(JsonSerializer.Serialize(result));
}
