using System.Globalization;
using Spectre.Console;
using VmProxy.Benchmarks.Files;
using VmProxy.Benchmarks.Repository;
using VmProxy.Benchmarks.Running;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, press) =>
{
    press.Cancel = true;
    stop.Cancel();
};
try
{
    return args switch
    {
        ["ours", "limit", var image, var level] => await LimitAsync(image, level, stop.Token),
        ["ours", .. var command] => await OursCommand.RunAsync(command, stop.Token),
        ["files", var cache, var program, .. var settings] => await FilesAsync(cache, program, settings, stop.Token),
        ["repository", var cache, .. var settings] => await RepositoryAsync(cache, settings, stop.Token),
        _ => Usage(),
    };
}
catch (BenchmarkException error)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
catch (OperationCanceledException)
{
    return 130;
}

static async Task<int> LimitAsync(string image, string level, CancellationToken cancellationToken)
{
    await MachineLimit.RunAsync(image, int.Parse(level, CultureInfo.InvariantCulture), cancellationToken);
    return 0;
}

static async Task<int> RepositoryAsync(string cache, string[] settings, CancellationToken cancellationToken)
{
    var options = new BenchmarkOptions(4L << 30, 3, Peers: true);
    var isJson = false;
    for (var i = 0; i < settings.Length; i++)
    {
        switch (settings[i])
        {
            case "--smoke": options = options with { DiskBytes = 64 << 20, Rounds = 1 }; break;
            case "--quick": options = options with { DiskBytes = 1 << 30, Rounds = 1 }; break;
            case "--ours": options = options with { Peers = false }; break;
            case "--json": isJson = true; break;
            case "--rounds" when i + 1 < settings.Length && int.TryParse(settings[++i], CultureInfo.InvariantCulture, out var rounds) && rounds > 0:
                options = options with { Rounds = rounds };
                break;
            default: return Usage();
        }
    }

    var results = await new RepositoryBenchmark(Path.GetFullPath(cache), options, Console.Error.WriteLine).RunAsync(cancellationToken);
    var figures = Verdicts.Of(results, options).ToList();
    await File.WriteAllTextAsync(Path.Combine(cache, "repository.json"), Report.Document(results, options, figures), cancellationToken);
    if (!isJson)
    {
        Report.PrintSamples(WideConsole(), results);
    }

    Print(figures, isJson, settings.Contains("--smoke"));
    return 0;
}

static async Task<int> FilesAsync(string cache, string program, string[] settings, CancellationToken cancellationToken)
{
    string[] command = program.EndsWith(".dll", StringComparison.Ordinal) ? ["dotnet", program] : [program];
    var options = FilesOptions.Whole(command);
    var isJson = false;
    for (var i = 0; i < settings.Length; i++)
    {
        switch (settings[i])
        {
            case "--smoke": options = FilesOptions.Smoke(command); break;
            case "--json": isJson = true; break;
            case "--rounds" when i + 1 < settings.Length && int.TryParse(settings[++i], CultureInfo.InvariantCulture, out var rounds) && rounds > 0:
                options = options with { Rounds = rounds };
                break;
            default: return Usage();
        }
    }

    var figures = await new FilesBenchmark(Path.GetFullPath(cache), options, Console.Error.WriteLine).RunAsync(cancellationToken);
    Print(figures, isJson, settings.Contains("--smoke"));
    return 0;
}

static void Print(IReadOnlyList<Figure> figures, bool isJson, bool isSmoke)
{
    if (isSmoke)
    {
        // The start of the programs is all that counts there: there is nothing to hold or to fall short of.
        figures = [.. figures.Select(figure => figure with { Wanted = null })];
        Console.Error.WriteLine("smoke: the sizes are too small to judge");
    }

    if (isJson)
    {
        foreach (var figure in figures)
        {
            Console.WriteLine(Report.Line(figure));
        }

        return;
    }

    Report.PrintFigures(WideConsole(), figures);
}

// A table that breaks its lines is no table: a pipe has no width.
static IAnsiConsole WideConsole()
{
    var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No });
    console.Profile.Width = Math.Max(console.Profile.Width, 170);
    return console;
}

static int Usage()
{
    Console.Error.WriteLine("usage: repository CACHE [--rounds N] [--quick | --smoke] [--ours] [--json]\n       files CACHE VMPROXY [--rounds N] [--smoke] [--json]");
    return 2;
}
