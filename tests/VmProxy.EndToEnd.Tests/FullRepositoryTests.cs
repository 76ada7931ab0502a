using VmProxy.Lab;
using VmProxy.LabTesting;

namespace VmProxy.EndToEnd.Tests;

/// <summary>The repository's file system runs full in the middle of a backup: a real, small one.</summary>
sealed class FullRepositoryTests : EndToEndFixture
{
    const int DiskSize = 64 << 20;

    [Test]
    [Category("Slow")]
    public async Task A_backup_that_fills_the_disk_fails_clearly_and_harms_nothing()
    {
        await StartLabAsync(
            options => options.VirtualMachines.Add(new LabVmOptions
            {
                Name = "web01",
                ChangeTracking = true,
                Disks = [new LabDiskOptions { Size = DiskSize, Data = [new LabDataOptions { Length = 16 << 20, Seed = 1 }] }],
            }),
            repository: false);
        Directory.CreateDirectory(Bench.RepositoryFolder);
        await using var shell = NamespaceShell.Start(Bench["shell"]);
        (await shell.RunAsync("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", Bench.RepositoryFolder)).Expect(0);
        (await VmproxyAsync(shell, "repo", "init")).Expect(Done);
        (await VmproxyAsync(shell, "backup")).Expect(Done);

        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 4 << 20, 60 << 20, seed: 2);
        var full = (await VmproxyAsync(shell, "backup", "--json")).Expect(Failed, "REPO_NO_SPACE", Bench.RepositoryFolder);
        var vm = full.Json.GetProperty("virtualMachines")[0];
        Assert.That(vm.GetProperty("error").GetProperty("code").GetString(), Is.EqualTo("REPO_NO_SPACE"));
        Assert.That(Bench.Leftovers(), Is.Empty);
        await ExpectPointsAsync(shell, 1);

        // Again, whether the guard sees it coming (RoomTests) or the disk ends it.
        (await VmproxyAsync(shell, "backup")).Expect(Failed);
        Assert.That(Bench.Leftovers(), Is.Empty);
        await ExpectPointsAsync(shell, 1);

        (await shell.RunAsync("mount", "-o", "remount,size=256m", Bench.RepositoryFolder)).Expect(0);
        var point = (await VmproxyAsync(shell, "backup", "--json")).Expect(Done).Json
            .GetProperty("virtualMachines")[0].GetProperty("point").GetString()!;
        await ExpectPointsAsync(shell, 2);
        (await VmproxyAsync(shell, "restore", "disk", point, "2000", "--to", Bench["out.img"])).Expect(Done);
        Assert.That(await LabBench.HashFileAsync(Bench["out.img"]), Is.EqualTo(Bench.HashAtLastSnapshot("web01", 2000)));
    }

    Task<ChildResult> VmproxyAsync(NamespaceShell shell, params string[] arguments) =>
        shell.RunAsync([VmproxyProgram.Path, "--config", Bench.ConfigurationFile, .. arguments]);

    async Task ExpectPointsAsync(NamespaceShell shell, int points)
    {
        var verified = (await VmproxyAsync(shell, "verify", "--json")).Expect(Done);
        var rows = verified.Json.GetProperty("points").EnumerateArray().Select(row => row.GetProperty("whole").GetBoolean());
        Assert.That(rows, Has.Exactly(points).Items.And.All.True, verified.ToString());
        var listed = (await VmproxyAsync(shell, "points", "--json")).Expect(Done).Json;
        Assert.That(listed.GetProperty("points").GetArrayLength(), Is.EqualTo(points));
        await ExpectCleanAsync(shell, points);
    }

    /// <summary>Every byte that a failed run left behind is accounted for: packs of no point are no damage. On a full disk the result cannot be kept.</summary>
    async Task ExpectCleanAsync(NamespaceShell shell, int points)
    {
        var check = (await VmproxyAsync(shell, "repo", "check", "--read-data", "--json")).Expect(Done).Json;
        Assert.That(check.GetProperty("findings").GetArrayLength(), Is.Zero);
        Assert.That(check.GetProperty("points").GetInt32(), Is.EqualTo(points));
        Assert.That(check.GetProperty("packsRead").GetInt64(), Is.EqualTo(check.GetProperty("packs").GetInt64()).And.Positive);
    }
}
