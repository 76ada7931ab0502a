using VmProxy.Engine.Backup;
using VmProxy.Engine.Points;
using VmProxy.Engine.Sessions;
using VmProxy.Lab;
using VmProxy.LabTesting;

namespace VmProxy.Engine.Tests;

/// <summary>VMs that are migrated while they are backed up (vSphere requirement 17).</summary>
sealed class MigrationTests : EngineFixture
{
    [TestCase("snapshot.planned", 1)]
    [TestCase("attach.planning", 2)]
    [TestCase("attach.gone.recorded", 2)]
    public async Task Requirement_17_what_was_read_before_the_files_moved_is_read_again_from_where_they_are(string moment, int rounds)
    {
        await StartAsync();
        var moments = new Moments(moment, times: 1, () => Bench.Lab.Control.Operator.RelocateAsync("web01", "esx2.lab.example", "other"));
        var vm = await BackUpAsync(moments);
        Assert.That(vm.Outcome, Is.EqualTo(Outcome.Done), $"{vm.Error} {string.Join('\n', vm.Warnings)}");
        Assert.That(moments.Count("attach.planning"), Is.EqualTo(rounds));
        Assert.That(vm.Notes.Select(note => note.Code), Is.EqualTo(Enumerable.Repeat(ReasonCodes.Migrated, rounds - 1)));
        if (rounds > 1)
        {
            Assert.That(vm.Notes[0].Message, Does.Contain("esx1.lab.example").And.Contain("esx2.lab.example").And.Contain("[datastore1]").And.Contain("[other]"));
        }

        await using (var session = OpenSession())
        {
            var point = await new PointShelf(session).ShowAsync(vm.Point!, default);
            Assert.That((point.Host, point.Disks[0].FileName), Is.EqualTo(("esx2.lab.example", "[other] web01/web01.vmdk")));
            Assert.That(point.Files.Select(file => file.Name), Is.SupersetOf(new[] { "web01.vmx", "web01.nvram" }), "they moved too");
        }

        await ExpectRestoredAsync(vm);
        Assert.That(Bench.Leftovers(), Is.Empty);
        await ExpectRestoredAsync((await BackupAsync()).VirtualMachines.Single());
    }

    [Test]
    public async Task Requirement_17_a_vm_that_never_rests_is_given_up()
    {
        await StartAsync();
        var there = false;
        var moments = new Moments(
            "attach.gone.recorded", times: 10, () => Bench.Lab.Control.Operator.RelocateAsync("web01", null, (there = !there) ? "other" : "datastore1"));
        var vm = await BackUpAsync(moments);
        Assert.That((vm.Error?.Code, moments.Count("attach.planning")), Is.EqualTo((ReasonCodes.Discarded, MovingVm.Attempts)));
        Assert.That(vm.Error!.Message, Does.Contain("moved"));
        await using (var session = OpenSession())
        {
            Assert.That((await new PointShelf(session).ListAsync(null, default)).Points, Is.Empty);
        }

        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [Test]
    public async Task Requirement_17_a_change_of_hosts_alone_is_noted_and_nothing_is_read_twice()
    {
        await StartAsync();
        var moments = new Moments("attach.made.recorded", times: 1, () => Bench.Lab.Control.Operator.RelocateAsync("web01", "esx2.lab.example", null));
        var vm = await BackUpAsync(moments);
        Assert.That((vm.Outcome, moments.Count("attach.planning")), Is.EqualTo((Outcome.Done, 1)));
        Assert.That(vm.Notes.Single().Code, Is.EqualTo(ReasonCodes.Migrated));
        await ExpectRestoredAsync(vm);
    }

    [Test]
    public async Task Requirement_17_a_failure_without_a_migration_is_not_tried_again()
    {
        await StartAsync();
        Bench.Lab.Control.ArmFault("fail-task:ReconfigVM_Task:GenericVmConfigFault", count: 1);
        var moments = new Moments("", times: 0, () => Task.CompletedTask);
        var vm = await BackUpAsync(moments);
        Assert.That((vm.Outcome, moments.Count("attach.planning"), vm.Notes.Count), Is.EqualTo((Outcome.Failed, 1, 0)));
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [Test]
    public async Task Requirement_17_a_backup_that_meets_a_migration_waits_for_its_end()
    {
        await StartAsync();
        var moments = new Moments("snapshot.planned", times: 1, () =>
        {
            Bench.Lab.Control.ArmFault("delay-task:RelocateVM_Task:0.6");
            Bench.Lab.Control.Operator.BeginRelocation("web01", null, "other");
            return Task.CompletedTask;
        });
        var vm = await BackUpAsync(moments);
        Assert.That(vm.Outcome, Is.EqualTo(Outcome.Done), $"{vm.Error}");
        await ExpectRestoredAsync(vm);
    }

    Task StartAsync() => StartAsync(options =>
    {
        options.Hosts = ["esx1.lab.example", "esx2.lab.example"];
        options.Datastores = [new LabDatastoreOptions { Name = "datastore1" }, new LabDatastoreOptions { Name = "other" }];
        options.VirtualMachines.Add(LabBench.Vm("web01", 4 << 20));
    });

    async Task<VmReport> BackUpAsync(Moments moments)
    {
        await using var session = OpenSession(new SessionParts { Checkpoints = moments });
        return (await new BackupJob(session, null).RunAsync(new BackupRequest(), default).WaitAsync(TimeSpan.FromSeconds(60))).VirtualMachines.Single();
    }

    /// <summary>Counts moments, and does something at the first few of one kind.</summary>
    sealed class Moments(string moment, int times, Func<Task> action) : ICheckpoints
    {
        readonly List<string> _reached = [];

        public int Count(string reached)
        {
            lock (_reached)
            {
                return _reached.Count(one => one == reached);
            }
        }

        public async ValueTask ReachedAsync(string reached)
        {
            lock (_reached)
            {
                _reached.Add(reached);
            }

            if (reached == moment && Count(reached) <= times)
            {
                await action();
            }
        }
    }
}
