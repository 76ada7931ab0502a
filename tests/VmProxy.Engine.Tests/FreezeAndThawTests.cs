using System.Globalization;
using System.Text.Json.Nodes;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Sessions;

namespace VmProxy.Engine.Tests;

/// <summary>The job's commands around the snapshot: what has begun to freeze is always thawed.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
sealed class FreezeAndThawTests : EngineFixture
{
    [Test]
    public async Task Both_commands_run_around_the_snapshot_with_the_facts_and_without_this_programs_secrets()
    {
        await StartAsync();
        Commands("echo going to sleep", "echo awake; echo a complaint >&2");
        var vm = Only(await BackupAsync());
        Assert.That(vm.Commands.Select(command => (command.Step, command.ExitCode)), Is.EqualTo(new[] { ("freeze", (int?)0), ("thaw", 0) }));
        Assert.That(vm.Commands[0].Output.Trim(), Is.EqualTo("going to sleep"));
        // Two pipes: which line comes first nobody knows.
        Assert.That(vm.Commands[1].Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), Is.EquivalentTo(new[] { "awake", "a complaint" }));

        var (freeze, thaw) = (Facts("freeze"), Facts("thaw"));
        var lab = Bench.Lab.Control.State().VirtualMachines.Single(found => found.Name == "web01");
        Assert.That(freeze, Is.SupersetOf(new Dictionary<string, string>
        {
            ["VMPROXY_STEP"] = "freeze", ["VMPROXY_JOB"] = "nightly", ["VMPROXY_VCENTER"] = "lab", ["VMPROXY_VM"] = "web01", ["VMPROXY_VM_ID"] = lab.Id,
            ["VMPROXY_VM_GUEST"] = "debian10_64Guest", ["VMPROXY_VM_HOST"] = "esx1.lab.example",
        }));
        Assert.That(freeze, Does.Not.ContainKey("VMPROXY_SNAPSHOT"));
        Assert.That((thaw["VMPROXY_FREEZE"], thaw["VMPROXY_SNAPSHOT"]), Is.EqualTo(("done", Bench.Lab.Control.Snapshots().Single().Snapshot)));
        Assert.That(Guid.TryParse(thaw["VMPROXY_VM_UUID"], out _));
        Assert.That(
            freeze.Keys.Where(name => !name.StartsWith("VMPROXY_", StringComparison.Ordinal)),
            Is.SubsetOf(new[] { "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "PWD", "OLDPWD", "SHLVL", "_" }));
        Assert.That(Moment("freeze"), Is.LessThanOrEqualTo(Bench.Lab.Control.Snapshots().Single().Created));
        Assert.That(Moment("thaw"), Is.GreaterThanOrEqualTo(Bench.Lab.Control.Snapshots().Single().Created));

        await using var session = OpenSession();
        var catalog = await session.CatalogAsync(default);
        var reasons = (await catalog.Runs.ListVmsAsync(thaw["VMPROXY_RUN"], default)).Single().Reasons;
        Assert.That(reasons.Single(reason => reason.Code == "COMMAND_FREEZE").Text, Does.Contain("going to sleep"));
    }

    [Test]
    public async Task A_freeze_that_fails_keeps_the_snapshot_from_being_made_and_is_thawed()
    {
        await StartAsync();
        Commands("echo no space for the log; exit 3", "true");
        var vm = Only(await BackupAsync(), Outcome.Failed);
        Assert.That(vm.Error!.Code, Is.EqualTo(ReasonCodes.FreezeFailed));
        Assert.That(vm.Error.Message, Does.Contain("exit code 3").And.Contain("no space for the log"));
        Assert.That(Bench.Lab.Control.Snapshots(), Is.Empty);
        Assert.That((Facts("thaw")["VMPROXY_FREEZE"], Facts("thaw")["VMPROXY_SNAPSHOT"]), Is.EqualTo(("failed", "")));
        Assert.That(vm.Commands, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_freeze_that_does_not_end_is_stopped_with_all_that_it_started_and_is_thawed()
    {
        await StartAsync();
        Commands($"sleep 300 & echo $! > '{Bench["child"]}'; wait", "true");
        Bench.Job["CommandTimeout"] = "00:00:01";
        var vm = Only(await BackupAsync(), Outcome.Failed);
        Assert.That((vm.Error!.Code, vm.Commands[0].ExitCode), Is.EqualTo((ReasonCodes.FreezeFailed, (int?)null)));
        Assert.That(vm.Error.Message, Does.Contain("00:00:01"));
        Assert.That(Alive(int.Parse(File.ReadAllText(Bench["child"]), CultureInfo.InvariantCulture)), Is.False);
        Assert.That(Facts("thaw")["VMPROXY_FREEZE"], Is.EqualTo("failed"));
        Assert.That(Bench.Lab.Control.Snapshots(), Is.Empty);
    }

    [Test]
    public async Task A_child_that_keeps_the_output_open_does_not_hold_the_backup_up()
    {
        await StartAsync();
        Commands($"sleep 300 & echo $! > '{Bench["child"]}'", "true");
        var vm = Only(await BackupAsync().WaitAsync(TimeSpan.FromSeconds(60)));
        System.Diagnostics.Process.GetProcessById(int.Parse(File.ReadAllText(Bench["child"]), CultureInfo.InvariantCulture)).Kill();
        Assert.That(vm.Commands[0].ExitCode, Is.EqualTo(0));
    }

    [Test]
    public async Task A_command_that_cannot_be_started_froze_nothing()
    {
        await StartAsync();
        Commands("true", "true", interpreter: "/nonexistent/sh");
        var vm = Only(await BackupAsync(), Outcome.Failed);
        Assert.That((vm.Error!.Code, vm.Commands.Count, vm.Commands[0].Started), Is.EqualTo((ReasonCodes.FreezeFailed, 1, false)));
        Assert.That(Bench.Lab.Control.Snapshots(), Is.Empty);
    }

    [Test]
    public async Task A_snapshot_that_fails_is_followed_by_the_thaw()
    {
        await StartAsync();
        Commands("true", "true");
        Bench.Lab.Control.ArmFault("fail-task:CreateSnapshotEx_Task:GenericVmConfigFault");
        Only(await BackupAsync(), Outcome.Failed);
        Assert.That((Facts("thaw")["VMPROXY_FREEZE"], Facts("thaw")["VMPROXY_SNAPSHOT"]), Is.EqualTo(("done", "")));
    }

    [Test]
    public async Task A_run_that_is_cancelled_during_the_snapshot_is_thawed()
    {
        await StartAsync();
        Commands("true", "true");
        Bench.Lab.Control.ArmFault("hang-task:CreateSnapshotEx_Task");
        await CancelOnceAsync(() => Bench.Lab.Control.ArmedFaults.Count == 0);
        Assert.That((Facts("thaw")["VMPROXY_FREEZE"], Facts("thaw")["VMPROXY_SNAPSHOT"]), Is.EqualTo(("done", "")));
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [Test]
    public async Task A_run_that_is_cancelled_before_it_froze_anything_thaws_nothing()
    {
        await StartAsync();
        Commands("true", "true");
        using var cancelled = new CancellationTokenSource();
        await using var session = OpenSession(new SessionParts { Checkpoints = new AtMoment("snapshot.planned", cancelled.CancelAsync) });
        Assert.That(
            async () => await new BackupJob(session, null).RunAsync(new BackupRequest(), cancelled.Token).WaitAsync(TimeSpan.FromSeconds(60)),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That((File.Exists(Bench["freeze.env"]), File.Exists(Bench["thaw.env"])), Is.EqualTo((false, false)));
    }

    [Test]
    public async Task A_run_that_is_cancelled_while_it_freezes_is_thawed_and_makes_no_snapshot()
    {
        await StartAsync();
        Commands($"touch '{Bench["begun"]}'; sleep 300", "true");
        await CancelOnceAsync(() => File.Exists(Bench["begun"]));
        Assert.That(Facts("thaw")["VMPROXY_FREEZE"], Is.EqualTo("failed"));
        Assert.That(Bench.Lab.Control.Snapshots(), Is.Empty);
    }

    [Test]
    public async Task A_vm_that_is_migrated_is_not_frozen_before_it_has_arrived()
    {
        await StartAsync(options =>
        {
            options.Datastores = [new Lab.LabDatastoreOptions { Name = "datastore1" }, new Lab.LabDatastoreOptions { Name = "other" }];
            options.VirtualMachines.Add(LabTesting.LabBench.Vm("web01", 1 << 20));
        });
        Commands($"test -f '{Bench["lab/datastores/other/web01/web01.vmx"]}'", "true");
        await using var session = OpenSession(new SessionParts
        {
            Checkpoints = new AtMoment("snapshot.planned", () =>
            {
                Bench.Lab.Control.ArmFault("delay-task:RelocateVM_Task:0.5");
                Bench.Lab.Control.Operator.BeginRelocation("web01", null, "other");
                return Task.CompletedTask;
            }),
        });
        Only(await new BackupJob(session, null).RunAsync(new BackupRequest(), default));
    }

    [Test]
    public async Task A_thaw_that_fails_is_tried_once_more_and_then_a_warning_of_a_good_point()
    {
        await StartAsync();
        Commands("true", $"echo x >> '{Bench["tries"]}'; exit 1");
        var vm = Only(await BackupAsync(), Outcome.Warning);
        Assert.That(vm.Warnings.Single().Code, Is.EqualTo(ReasonCodes.ThawFailed));
        Assert.That(vm.Warnings.Single().Next, Does.Contain("by hand"));
        Assert.That(File.ReadAllLines(Bench["tries"]), Has.Length.EqualTo(2));
        await ExpectRestoredAsync(vm);
    }

    [Test]
    public async Task Of_endless_output_the_end_is_kept()
    {
        await StartAsync();
        Commands("i=0; while [ $i -lt 3000 ]; do echo line number $i; i=$((i+1)); done", "true");
        var output = Only(await BackupAsync()).Commands[0].Output;
        Assert.That(output, Does.StartWith("[…]").And.EndWith("line number 2999\n"));
        Assert.That(output, Has.Length.LessThan(17_000));
    }

    async Task CancelOnceAsync(Func<bool> there)
    {
        using var cancelled = new CancellationTokenSource();
        await using var session = OpenSession();
        var run = new BackupJob(session, null).RunAsync(new BackupRequest(), cancelled.Token);
        while (!there() && !run.IsCompleted)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        await cancelled.CancelAsync();
        Assert.That(async () => await run.WaitAsync(TimeSpan.FromSeconds(60)), Throws.InstanceOf<OperationCanceledException>());
    }

    void Commands(string freeze, string thaw, string interpreter = "/bin/sh")
    {
        Bench.Job["FreezeCommand"] = new JsonArray(Script("freeze", freeze, interpreter));
        Bench.Job["ThawCommand"] = new JsonArray(Script("thaw", thaw, interpreter));
    }

    string Script(string name, string body, string interpreter)
    {
        File.WriteAllText(Bench[name], $"#!{interpreter}\nenv > '{Bench[name + ".env"]}'\n{body}\n");
        File.SetUnixFileMode(Bench[name], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return Bench[name];
    }

    Dictionary<string, string> Facts(string name) =>
        File.ReadAllLines(Bench[name + ".env"]).Select(line => line.Split('=', 2)).ToDictionary(parts => parts[0], parts => parts[1]);

    DateTimeOffset Moment(string name) => File.GetLastWriteTimeUtc(Bench[name + ".env"]);

    static bool Alive(int process) =>
        File.Exists($"/proc/{process}/stat") && !File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal);
}
