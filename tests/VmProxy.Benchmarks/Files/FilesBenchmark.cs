using System.Globalization;
using VmProxy.Benchmarks.Repository;
using VmProxy.Benchmarks.Running;

namespace VmProxy.Benchmarks.Files;

/// <summary>Listing and reading guest files: ours against sleuthkit, and against what the kernel and ntfs-3g do with a mount.</summary>
sealed class FilesBenchmark(string cache, FilesOptions options, Action<string> say)
{
    static readonly Dictionary<string, string> NoEnvironment = [];

    readonly string _work = Path.Combine(cache, $"files-{Environment.ProcessId}");
    readonly List<Figure> _figures = [];

    Runner Runner => new(_work);

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancellationToken)
    {
        var kept = Directory.CreateDirectory(Path.Combine(cache, "guests")).FullName;
        Directory.CreateDirectory(_work);
        try
        {
            var images = new GuestImages(kept, _work, Runner);
            var entries = FileTree.Entries(options.Files);
            say($"Filling an ext4 image with {options.Files} files, unless it is there");
            await ListingAsync("ext4", await images.ExtAsync(options.Files, cancellationToken), entries + 1, 0.5, images.MountByKernelAsync, cancellationToken);
            say($"Filling an NTFS image with {options.Files} files, unless it is there");
            await ListingAsync("NTFS", await images.NtfsAsync(options.Files, cancellationToken), entries, 0.3, images.MountByNtfs3gAsync, cancellationToken);
            await ReadingAsync(images, cancellationToken);
            await FirstByteAsync(cancellationToken);
            return _figures;
        }
        finally
        {
            Directory.Delete(_work, recursive: true);
        }
    }

    async Task ListingAsync(
        string kind, string image, int entries, double wanted, Func<string, CancellationToken, Task<IAsyncDisposable>> mount, CancellationToken cancellationToken)
    {
        var (ours, peer, memory) = (new Samples(), new Samples(), new Samples());
        string[] list = [.. options.Program, "inspect", "disk", image, "ls", "-R", "/"];
        string[] fls = ["fls", "-r", "-p", "-l", image];
        await ExpectAsync(list, entries, cancellationToken);
        for (var round = 1; round <= options.Rounds; round++)
        {
            say($"Listing {kind}, round {round} of {options.Rounds}");
            var measured = await ToNullAsync(list, cancellationToken);
            ours.Add(measured.Wall);
            memory.Add(measured.PeakAnonymous);
            peer.Add((await ToNullAsync(fls, cancellationToken)).Wall);
        }

        say($"Listing {kind} through a mount");
        var mounted = await mount(image, cancellationToken);
        double find;
        await using (mounted)
        {
            find = (await ToNullAsync(["find", mounted.ToString()!, "-printf", "%p %s %T@ %m\\n"], cancellationToken)).Wall;
        }

        Add(Figure.Smaller($"list {kind} with size, times and mode, against fls -r -p -l", ours.Median, peer.Median, "s", wanted));
        Add(new Figure($"list {kind}: peak anonymous memory", memory.Median / (1 << 20), null, "MiB", null, 300, IsAtLeast: false));
        Add(new Figure($"list {kind}, against a mount and find (once)", ours.Median, find, "s", ours.Median / find, null, IsAtLeast: false));
    }

    async Task ReadingAsync(GuestImages images, CancellationToken cancellationToken)
    {
        say("Reading a large file");
        var image = await images.BigFileAsync(options.BigBytes, cancellationToken);
        var mounted = await images.MountByKernelAsync(image, cancellationToken);
        var (ours, peer) = (new Samples(), new Samples());
        await using (mounted)
        {
            for (var round = 0; round <= options.Rounds; round++)
            {
                var mine = await OursFiles.MeasureAsync(Runner, ["read", image, "/big"], cancellationToken);
                var dd = await Runner.RunAsync("sh", ["-c", $"dd if={mounted}/big of=/dev/null bs=1M 2>&1 | sed -n 's/.*copied, \\([0-9.e-]*\\) s.*/\\1/p'"], NoEnvironment, cancellationToken);
                if (round > 0)
                {
                    // The first round filled the page cache for both.
                    ours.Add(options.BigBytes / mine / 1e6);
                    peer.Add(options.BigBytes / double.Parse(dd.Output, CultureInfo.InvariantCulture) / 1e6);
                }
            }
        }

        Add(new Figure("read a large file, against dd of the mounted file", ours.Median, peer.Median, "MB/s", ours.Median / peer.Median, 0.8, IsAtLeast: true));
        File.Delete(image);
    }

    async Task FirstByteAsync(CancellationToken cancellationToken)
    {
        say("Getting one file from a point of a large disk");
        var point = await PointOfLargeDisk.MakeAsync(_work, options.DiskBytes, Runner, cancellationToken);
        var (whole, first) = (new Samples(), new Samples());
        for (var round = 0; round <= options.Rounds; round++)
        {
            var measured = await ToNullAsync([.. options.Program, "--config", point.Configuration, "files", "get", point.Id, PointOfLargeDisk.File, "--tar", "-"], cancellationToken);
            var inside = await OursFiles.MeasureAsync(Runner, ["first", point.Repository, PointOfLargeDisk.File], cancellationToken);
            if (round > 0)
            {
                whole.Add(measured.Wall);
                first.Add(inside);
            }
        }

        Add(new Figure("first byte of a file of a point, from opening the repository", first.Median, null, "s", null, 0.5, IsAtLeast: false));
        Add(new Figure("files get of one file, the whole command", whole.Median, null, "s", null, null, IsAtLeast: false));
    }

    // Half an hour is long to wait for a first figure; the verdicts come with the table.
    void Add(Figure figure)
    {
        _figures.Add(figure);
        say(Report.Line(figure with { Wanted = null }));
    }

    /// <summary>Fails unless the listing has a line for each entry: what is fast and wrong is not measured.</summary>
    async Task ExpectAsync(string[] list, int entries, CancellationToken cancellationToken)
    {
        var lines = await Runner.RunAsync("sh", ["-c", "\"$@\" | wc -l", "sh", .. list], NoEnvironment, cancellationToken);
        if (int.Parse(lines.Output, CultureInfo.InvariantCulture) != entries)
        {
            throw new BenchmarkException($"{string.Join(' ', list)} listed {lines.Output.Trim()} entries, not {entries}.");
        }
    }

    Task<Measured> ToNullAsync(IReadOnlyList<string> command, CancellationToken cancellationToken) =>
        Runner.RunAsync("sh", ["-c", "exec \"$@\" >/dev/null", "sh", .. command], NoEnvironment, cancellationToken);
}
