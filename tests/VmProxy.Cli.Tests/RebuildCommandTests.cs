using VmProxy.LabTesting;

namespace VmProxy.Cli.Tests;

/// <summary>What can be lost and is made again from the repository: the catalog, and the index.</summary>
sealed class RebuildCommandTests : CliFixture
{
    [Test]
    public async Task The_catalog_comes_back_from_the_repository_alone()
    {
        await StartAsync();
        Expect(await RunAsync("backup"), ExitCodes.Done);
        var catalog = Path.Combine(Bench["state"], "catalog.db");
        LoseFiles(catalog, except: catalog + ".identity");
        Expect(await RunAsync("catalog", "rebuild"), ExitCodes.Done, "1 points of 1 virtual machines", "its identity is the old one");
        LoseFiles(catalog);
        Expect(await RunAsync("catalog", "rebuild"), ExitCodes.Done, "1 points of 1 virtual machines", "and so is its identity");
        await ExpectAllWorksAsync();

        // An intact one keeps its identity, journal and runs.
        var kept = (await RunAsync("--json", "catalog", "rebuild")).Json;
        Assert.That(kept.GetProperty("kept").GetBoolean(), Is.True);
        Assert.That(kept.GetProperty("points").GetInt32(), Is.EqualTo(2));
    }

    [Test]
    public async Task A_damaged_catalog_is_moved_aside()
    {
        await StartAsync();
        Expect(await RunAsync("backup"), ExitCodes.Done);
        var catalog = Path.Combine(Bench["state"], "catalog.db");
        var bytes = await File.ReadAllBytesAsync(catalog);
        bytes.AsSpan(0, 2000).Fill(0x55);
        await File.WriteAllBytesAsync(catalog, bytes);
        Expect(await RunAsync("backup"), ExitCodes.Failed, "CATALOG_DAMAGED", "vmproxy catalog rebuild", "vmproxy janitor");
        var rebuilt = Expect(await RunAsync("--json", "catalog", "rebuild"), ExitCodes.Warnings).Json;
        var aside = rebuilt.GetProperty("movedAside").GetString()!;
        Assert.That(await File.ReadAllBytesAsync(aside), Is.EqualTo(bytes));
        await ExpectAllWorksAsync();
    }

    [Test]
    public async Task The_index_comes_back_from_the_packs_alone()
    {
        await StartAsync();
        Expect(await RunAsync("backup"), ExitCodes.Done);
        var index = Path.Combine(Bench.Root["Repositories"]![0]!["Path"]!.GetValue<string>(), "index");
        Directory.Delete(index, recursive: true);
        Expect(await RunAsync("repo", "check"), ExitCodes.Failed, "--rebuild-index");
        var rebuilt = Expect(await RunAsync("--json", "repo", "check", "--rebuild-index"), ExitCodes.Done).Json;
        Assert.That(rebuilt.GetProperty("chunks").GetInt64(), Is.GreaterThan(0));
        Expect(await RunAsync("repo", "check"), ExitCodes.Done, "clean");
        Expect(await RunAsync("repo", "check", "--rebuild-index"), ExitCodes.Done, "packs a second");
        await ExpectAllWorksAsync();
    }

    static void LoseFiles(string catalog, string? except = null)
    {
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(catalog)!, Path.GetFileName(catalog) + "*").Where(file => file != except))
        {
            File.Delete(file);
        }
    }

    async Task ExpectAllWorksAsync()
    {
        var points = (await RunAsync("--json", "points")).Json.GetProperty("points");
        var point = points[0].GetProperty("id").GetString()!;
        Expect(await RunAsync("restore", "disk", point, "2000", "--to", Bench["out.img"]), ExitCodes.Done);
        Assert.That(await LabBench.HashFileAsync(Bench["out.img"]), Is.EqualTo(Bench.HashAtLastSnapshot("web01", 2000)));
        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 1 << 20, 65536, seed: 8);
        var next = Expect(await RunAsync("--json", "backup"), ExitCodes.Done).Json;
        Assert.That(next.ToString(), Does.Contain("\"level\": \"incremental\""), "the next backup goes on where the last one was");
        Expect(await RunAsync("verify"), ExitCodes.Done);
    }
}
