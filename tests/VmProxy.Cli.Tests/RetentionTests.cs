using System.Text.Json.Nodes;

namespace VmProxy.Cli.Tests;

/// <summary>Points are deleted by rule and by hand, held ones are not, and their space comes back.</summary>
sealed class RetentionTests : CliFixture
{
    [Test]
    public async Task A_prune_keeps_what_the_rules_want_and_frees_the_rest()
    {
        await StartAsync();
        Bench.Root["Repositories"]![0]!["Keep"] = new JsonObject { ["Last"] = 2 };
        var points = await BackUpAsync(4);
        Expect(await RunAsync("point", "hold", points[0], "--reason", "audit"), ExitCodes.Done, points[0], "held");
        Expect(await RunAsync("points"), ExitCodes.Done, "held");
        Expect(await RunAsync("point", "show", points[0]), ExitCodes.Done, "held since", "audit");
        var before = StoredBytes();

        Expect(await RunAsync("repo", "prune", "--dry-run", "--grace", "00:00:00"), ExitCodes.Done, points[1], "would go");
        var foretold = Expect(await RunAsync("repo", "prune", "--dry-run", "--grace", "00:00:00", "--json"), ExitCodes.Done).Json;
        Assert.That(foretold.GetProperty("condemned").GetProperty("bytes").GetInt64(), Is.GreaterThanOrEqualTo(Mebibyte), "what the points that would go hold");
        Assert.That((await ListAsync(), StoredBytes()), Is.EqualTo((points, before)));

        var pruned = Expect(await RunAsync("repo", "prune", "--grace", "00:00:00", "--json"), ExitCodes.Done).Json;
        var kept = pruned.GetProperty("points").EnumerateArray().Where(point => point.GetProperty("kept").GetBoolean())
            .ToDictionary(point => point.GetProperty("point").GetString()!, point => point.GetProperty("reasons").EnumerateArray().Select(reason => reason.GetString()));
        Assert.That(kept.Keys, Is.EquivalentTo(new[] { points[0], points[2], points[3] }));
        Assert.That((kept[points[0]], kept[points[2]], kept[points[3]]), Is.EqualTo((new[] { "held" }, new[] { "last" }, new[] { "last", "newest good" })));
        Assert.That(await ListAsync(), Is.EqualTo(new[] { points[0], points[2], points[3] }));
        Assert.That(pruned.GetProperty("freedBytes").GetInt64(), Is.GreaterThanOrEqualTo(Mebibyte));
        Assert.That(StoredBytes(), Is.LessThan(before - Mebibyte));
        Expect(await RunAsync("verify"), ExitCodes.Done);

        Expect(await RunAsync("point", "delete", points[0]), ExitCodes.Failed, "REPO_POINT_HELD");
        Expect(await RunAsync("point", "release", points[0]), ExitCodes.Done, "released");
        Expect(await RunAsync("repo", "prune", "--keep-last", "1", "--grace", "00:00:00"), ExitCodes.Done, "deleted");
        Assert.That(await ListAsync(), Is.EqualTo(new[] { points[3] }));
        Expect(await RunAsync("verify"), ExitCodes.Done);
        Expect(await RunAsync("backup"), ExitCodes.Done, "incremental");
    }

    [Test]
    public async Task The_rules_of_a_job_go_before_those_of_the_repository()
    {
        await StartAsync();
        Bench.Root["Repositories"]![0]!["Keep"] = new JsonObject { ["Last"] = 1 };
        Bench.Job["Keep"] = new JsonObject { ["Last"] = 2 };
        var points = await BackUpAsync(3);
        Expect(await RunAsync("repo", "prune"), ExitCodes.Done, "deleted");
        Assert.That(await ListAsync(), Is.EqualTo(points[1..]));
    }

    [Test]
    public async Task Without_rules_everything_stays()
    {
        await StartAsync();
        var points = await BackUpAsync(2);
        Expect(await RunAsync("repo", "prune"), ExitCodes.Done, "no policy");
        Assert.That(await ListAsync(), Is.EqualTo(points));
    }

    [Test]
    public async Task The_newest_good_point_is_deleted_only_when_that_is_asked_for()
    {
        await StartAsync();
        var points = await BackUpAsync(2);
        Expect(await RunAsync("point", "delete", points[1]), ExitCodes.Failed, "POINT_NEWEST_GOOD", "--force");
        Expect(await RunAsync("point", "delete", points[0]), ExitCodes.Done, "deleted");
        Assert.That(await ListAsync(), Is.EqualTo(points[1..]));
        Expect(await RunAsync("point", "delete", points[0]), ExitCodes.Failed, "REPO_POINT_NOT_FOUND");
        Expect(await RunAsync("point", "delete", points[1], "--force"), ExitCodes.Done);
        Assert.That(await ListAsync(), Is.Empty);
        Expect(await RunAsync("backup"), ExitCodes.Done, "full");
        Expect(await RunAsync("verify"), ExitCodes.Done);
    }

    [TestCase("--keep-last", "0")]
    [TestCase("--keep-daily", "-1")]
    [TestCase("--keep-last", "many")]
    [TestCase("--grace", "tomorrow")]
    public async Task Wrong_usage_changes_nothing(params string[] options)
    {
        await StartAsync(repository: false);
        Expect(await RunAsync(["repo", "prune", .. options]), ExitCodes.Usage);
    }

    const long Mebibyte = 1 << 20;

    async Task<string[]> BackUpAsync(int count)
    {
        for (var number = 0; number < count; number++)
        {
            await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 0, Mebibyte, seed: number);
            Expect(await RunAsync("backup"), ExitCodes.Done);
        }

        return await ListAsync();
    }

    async Task<string[]> ListAsync() =>
        [.. (await RunAsync("points", "--json")).Json.GetProperty("points").EnumerateArray().Select(point => point.GetProperty("id").GetString()!)];

    long StoredBytes() => new DirectoryInfo(Bench.RepositoryFolder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
}
