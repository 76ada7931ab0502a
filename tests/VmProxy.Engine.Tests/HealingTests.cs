using VmProxy.Engine.Backup;
using VmProxy.Engine.Care;

namespace VmProxy.Engine.Tests;

/// <summary>What the repository has lost is named by a check, and the next backup makes the newest point whole again.</summary>
[Category("Slow")]
sealed class HealingTests : EngineFixture
{
    [Test]
    public async Task The_next_backup_heals_what_a_check_found([Values("frame", "page", "pack", "segment")] string what)
    {
        await StartAsync();
        var first = Only(await BackupAsync());
        Break(what);
        var found = await CheckAsync();
        Assert.That(found.Outcome, Is.EqualTo(Outcome.Failed));
        var uses = found.Findings.SelectMany(finding => finding.Uses).ToArray();
        Assert.That(uses.Select(use => (use.Point, use.VirtualMachine, use.Disk)), Has.Member((first.Point, "web01", "Hard disk 1")));

        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 1 << 20, 65536, seed: 7);
        var healed = Only(await BackupAsync(), Outcome.Warning);
        Assert.That(healed.Warnings.Select(warning => warning.Code), Is.EqualTo([ReasonCodes.DamageReadAgain]));
        await ExpectRestoredAsync(healed);

        // Damaged bytes stay until a prune removes them, but the newest point does not need them.
        var again = await CheckAsync();
        Assert.That(again.Findings.SelectMany(finding => finding.Uses).Select(use => use.Point), Has.No.Member(healed.Point));
        Assert.That((await VerifyAllAsync()).Points.Single(point => point.Point == healed.Point).Whole, Is.True);

        // And the night after that reads no more than what changed.
        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 2 << 20, 65536, seed: 8);
        var next = Only(await BackupAsync());
        Assert.That(next.Disks[0].ReadBytes, Is.EqualTo(65536));
        await ExpectRestoredAsync(next);
    }

    void Break(string what)
    {
        var file = new DirectoryInfo(Path.Combine(Bench.RepositoryFolder, what switch { "page" => "meta", "segment" => "index", _ => "data" }))
            .EnumerateFiles("*", SearchOption.AllDirectories).OrderByDescending(file => file.Length).First();
        if (what == "pack")
        {
            file.Delete();
            return;
        }

        using var stream = file.Open(FileMode.Open, FileAccess.ReadWrite);
        stream.Position = 200; // in the first frame, the first records
        var value = stream.ReadByte();
        stream.Position = 200;
        stream.WriteByte((byte)(value ^ 1));
    }

    async Task<RepositoryCheckReport> CheckAsync()
    {
        await using var session = OpenSession();
        return await new RepositoryCheck(session, null).RunAsync(null, new CheckRequest(ReadData: true), default);
    }
}
