using System.Diagnostics;
using VmProxy.Testing;

namespace VmProxy.Catalog.Tests;

/// <summary>Another process at the same file: Python's own SQLite holds the write lock in the middle of a transaction.</summary>
sealed class OtherProcessTests : CatalogFixture
{
    const string HoldTheLock = """
        import sqlite3, sys
        catalog = sqlite3.connect(sys.argv[1], isolation_level=None)
        catalog.execute("BEGIN IMMEDIATE")
        catalog.execute("UPDATE run SET error = 'theirs'")
        print("locked", flush=True)
        sys.stdin.readline()
        catalog.execute("COMMIT")
        """;

    [Test]
    public async Task A_writer_waits_for_the_other_process_and_both_are_kept()
    {
        var run = await BeginRunAsync();
        using var other = await StartAsync();
        var journalled = Task.Run(() => Catalog.Journal.BeginAsync(SnapshotEntry(run.Id), default));
        Assert.That((await Catalog.Runs.FindAsync(run.Id, default))!.Error, Is.Null, "readers do not wait");
        Assert.That(journalled.IsCompleted, Is.False);
        await other.StandardInput.WriteLineAsync();
        await journalled;
        await other.WaitForExitAsync();
        Assert.That(other.ExitCode, Is.Zero);
        Assert.That(await Catalog.Journal.ListOpenAsync(default), Has.Count.EqualTo(1));
        Assert.That((await Catalog.Runs.FindAsync(run.Id, default))!.Error, Is.EqualTo("theirs"));
    }

    [Test]
    public async Task A_process_killed_in_the_middle_of_a_transaction_leaves_neither_its_lock_nor_its_half()
    {
        var run = await BeginRunAsync();
        using var other = await StartAsync();
        var journalled = Task.Run(() => Catalog.Journal.BeginAsync(SnapshotEntry(run.Id), default));
        other.Kill();
        await other.WaitForExitAsync();
        await journalled;
        Assert.That(await Catalog.Journal.ListOpenAsync(default), Has.Count.EqualTo(1));
        Assert.That((await Catalog.Runs.FindAsync(run.Id, default))!.Error, Is.Null);
    }

    async Task<Process> StartAsync()
    {
        var process = Process.Start(new ProcessStartInfo(Tool.Require("python3", "python3"), ["-c", HoldTheLock, File])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Assert.That(await process.StandardOutput.ReadLineAsync(), Is.EqualTo("locked"));
        return process;
    }
}
