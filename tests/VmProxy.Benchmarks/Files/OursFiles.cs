using System.Diagnostics;
using System.Globalization;
using VmProxy.Benchmarks.Repository;
using VmProxy.Benchmarks.Running;
using VmProxy.Engine.Files;
using VmProxy.Engine.Files.Targets;
using VmProxy.GuestFiles;
using VmProxy.Repository;

namespace VmProxy.Benchmarks.Files;

/// <summary>What is measured of ours from inside of a process, so that its start does not count. Each prints its seconds.</summary>
static class OursFiles
{
    /// <summary>Reads a file of an image from its beginning to its end.</summary>
    public static async Task<double> ReadAsync(string image, string path, CancellationToken cancellationToken)
    {
        var volumes = await ImageVolumes.OpenAsync(image, cancellationToken);
        await using (volumes)
        {
            var location = await GuestLocation.ResolveAsync(volumes.Disks, path, followLast: true, cancellationToken);
            await using var content = await location.OpenAsync(cancellationToken);
            var clock = Stopwatch.StartNew();
            var read = 0L;
            await ContentPieces.ReadAsync(content, skipsHoles: false, (_, piece) =>
            {
                read += piece.Length;
                return ValueTask.CompletedTask;
            }, cancellationToken);
            return read == content.Length ? clock.Elapsed.TotalSeconds : throw new BenchmarkException($"{path} gave {read} of {content.Length} bytes.");
        }
    }

    /// <summary>Opens a repository and its last point, and reads the first byte of a file in it.</summary>
    public static async Task<double> FirstByteAsync(string folder, string path, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        await using var repository = await BackupRepository.OpenAsync(
            new LocalObjectStore(folder), OursCommand.Passphrase, TimeProvider.System, cancellationToken, OursCommand.AnyLevel);
        var point = (await repository.ListPointsAsync(cancellationToken))[^1];
        await using var disk = await repository.OpenDiskAsync(point, point.Disks[0].Key, cancellationToken);
        await using var disks = await GuestDisks.OpenAsync([new GuestDisk("", disk)], cancellationToken);
        var location = await GuestLocation.ResolveAsync(disks, path, followLast: true, cancellationToken);
        await using var content = await location.OpenAsync(cancellationToken);
        await content.ReadAsync(0, new byte[1], cancellationToken);
        return clock.Elapsed.TotalSeconds;
    }

    /// <summary>Runs one of these in a process of its own; returns the seconds that it measured.</summary>
    public static async Task<double> MeasureAsync(Runner runner, string[] arguments, CancellationToken cancellationToken) =>
        double.Parse((await OursCommand.RunAloneAsync(runner, arguments, cancellationToken)).Output, CultureInfo.InvariantCulture);

    /// <summary>Prints seconds as <see cref="MeasureAsync"/> reads them.</summary>
    public static async Task<int> PrintAsync(Task<double> seconds)
    {
        Console.WriteLine((await seconds).ToString("R", CultureInfo.InvariantCulture));
        return 0;
    }
}
