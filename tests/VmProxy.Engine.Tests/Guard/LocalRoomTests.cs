using VmProxy.Engine.Backup;
using VmProxy.Engine.Care;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Guard;
using VmProxy.Engine.Restore;
using VmProxy.Engine.Sessions;
using VmProxy.LabTesting;

namespace VmProxy.Engine.Tests.Guard;

/// <summary>The disks of the proxy itself: state, repository, staging, and wherever a disk is restored to.</summary>
sealed class LocalRoomTests : GuardFixture
{
    [Test]
    public async Task Doctor_wants_the_floors_and_room_for_the_largest_vm_that_has_no_point_yet()
    {
        await StartAsync(64, 16, "small", "web01");
        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 8 * MiB, 4 * MiB, seed: 1);
        var free = 8L * MiB;
        Assert.That(await DoctorAsync(() => free), Is.EqualTo(new[] { ("repository main / room", GuardCodes.RepositoryFull) }));
        Assert.That(_messages.Single(), Does.Contain("8.0 MiB of 100.0 MiB free").And.Contain("1.0 MiB that must stay free").And.Contain("for web01"));

        free = 16L * MiB;
        Assert.That(await DoctorAsync(() => free), Is.Empty);
        await BackupAsync();
        free = 2L * MiB;
        Assert.That(await DoctorAsync(() => free), Is.Empty, "each has a point");
        free = MiB - 1;
        Assert.That(
            await DoctorAsync(() => free),
            Is.EquivalentTo(new[] { ("repository main / room", GuardCodes.RepositoryFull), ($"state folder {Bench["state"]}", GuardCodes.StateFull) }));
    }

    [Test]
    public async Task Doctor_tells_what_is_free_now_and_not_what_the_server_remembers()
    {
        await StartAsync(64, 16, "web01");
        LeaveFree(0);
        await using var session = OpenSession();
        var checks = (await new Doctor(session).RunAsync(default)).Checks.Where(check => check.Subject.StartsWith("datastore ds1", StringComparison.Ordinal)).ToArray();
        Assert.That(checks.Select(check => (check.Status, check.Code)), Is.EqualTo(new[] { (DoctorStatus.Warning, ReasonCodes.NoRoom), (DoctorStatus.Ok, "") }));
        Assert.That(checks[0].Message, Does.StartWith("0 B free"));
    }

    [Test]
    public async Task Doctor_looks_at_the_staging_folder()
    {
        await StartAsync(64, 16, "web01");
        var staging = Bench["staging"];
        Stage(staging);
        Bench.Guard["StagingFree"] = "1 MiB";
        Assert.That(await DoctorAsync(() => 50L * MiB), Is.EqualTo(new[] { ($"staging folder {staging}", DoctorCodes.StagingMissing) }));
        Directory.CreateDirectory(staging);
        Assert.That(await DoctorAsync(() => 50L * MiB), Is.Empty);
        Bench.Guard["StagingFree"] = "47 MiB";
        Assert.That(await DoctorAsync(() => 50L * MiB), Is.EqualTo(new[] { ($"staging folder {staging}", GuardCodes.StagingFull) }), "4 MiB of data and 47 are more than 50");
        Assert.That(_messages.Single(), Does.Contain("for web01"));
    }

    [Test]
    public async Task A_disk_is_restored_only_where_there_is_room_for_what_it_holds()
    {
        await StartAsync(64, 16, "web01");
        var point = Only(await BackupAsync()).Point!;
        Stage(Directory.CreateDirectory(Bench["staging"]).FullName);
        Bench.Guard["StagingFree"] = "3 MiB";

        Assert.That(RefusalAsync(point, Bench["other/web01.img"], 50), Is.EqualTo((ReasonCodesOfRestore.NoFolder, Bench["other"])));
        Directory.CreateDirectory(Bench["other"]);
        Assert.That(RefusalAsync(point, Bench["other/web01.img"], 3), Is.EqualTo((ReasonCodesOfRestore.NoRoom, Bench["other"])));
        Assert.That(RefusalAsync(point, Bench["staging/web01.img"], 6), Is.EqualTo((GuardCodes.StagingFull, Bench["staging"])), "4 MiB, and 3 that must stay free");
        Directory.CreateDirectory(Bench["staging/deep"]);
        Assert.That(RefusalAsync(point, Bench["staging/deep/web01.img"], 6), Is.EqualTo((GuardCodes.StagingFull, Bench["staging/deep"])));
        Assert.That(Directory.EnumerateFiles(Bench["staging"], "*", SearchOption.AllDirectories).Concat(Directory.EnumerateFiles(Bench["other"])), Is.Empty);

        Directory.CreateDirectory(Bench["staging-not"]);
        foreach (var file in new[] { "staging-not/web01.img", "other/web01.img" })
        {
            await RestoreAsync(point, Bench[file], 4);
        }

        await RestoreAsync(point, Bench["staging/web01.img"], 7);
    }

    IReadOnlyList<string> _messages = [];

    void Stage(string folder) => Bench.Root["Staging"] = new System.Text.Json.Nodes.JsonObject { ["Folder"] = folder };

    /// <summary>What doctor finds wrong with a disk of this machine that has so much free.</summary>
    async Task<(string, string)[]> DoctorAsync(Func<long> free)
    {
        await using var session = OpenSession(new SessionParts { Folders = _ => new FolderSpace(100 * MiB, free()) });
        var checks = (await new Doctor(session).RunAsync(default)).Checks
            .Where(check => check.Status != DoctorStatus.Ok && check.Code is GuardCodes.RepositoryFull or GuardCodes.StateFull or GuardCodes.StagingFull or DoctorCodes.StagingMissing)
            .ToArray();
        _messages = [.. checks.Select(check => check.Message)];
        return [.. checks.Select(check => (check.Subject, check.Code))];
    }

    (string, string) RefusalAsync(string point, string file, int freeMiB)
    {
        var refused = Assert.ThrowsAsync<EngineException>(() => RestoreAsync(point, file, freeMiB))!;
        return (refused.Failure.Code, refused.Failure.Object);
    }

    async Task RestoreAsync(string point, string file, int freeMiB)
    {
        await using var session = OpenSession(new SessionParts { Folders = _ => new FolderSpace(100 * MiB, (long)freeMiB * MiB) });
        await new RestoreDisk(session, null).RunAsync(new RestoreDiskRequest(point, "2000", file, DiskFormat.Raw), default);
        Assert.That(await LabBench.HashFileAsync(file), Is.EqualTo(Bench.HashAtLastSnapshot("web01", 2000)));
    }
}
