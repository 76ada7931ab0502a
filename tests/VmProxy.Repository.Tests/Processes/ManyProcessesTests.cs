using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using VmProxy.Testing;

namespace VmProxy.Repository.Tests.Processes;

/// <summary>Processes that write, delete and prune side by side in one folder, some of them killed: what the simulation says of one thread, on a real file system.</summary>
public sealed class ManyProcessesTests
{
    const int Writers = 2;
    const int Points = 5;
    const int Prunes = 6;

    // When a writer is killed, one a round: after which of its words, how often it has said it, and whether the others have ended before. While the
    // session of one that was killed is not closed, nothing is freed.
    static readonly (string Word, int Times, bool IsLate)[] Kills =
        [(Worker.Storing, 2, false), (Worker.Committing, 3, true), (Worker.Deleting, 1, false), (Worker.Committing, 7, true)];

    static readonly PruneOptions Now = new() { Grace = TimeSpan.Zero };

    [Test]
    [Category("Slow")]
    public async Task Writers_and_prunes_in_processes_of_their_own_lose_nothing_and_leave_nothing()
    {
        using var folder = new TempFolder();
        await (await TestRepository.CreateAsync(new LocalObjectStore(folder.Path))).DisposeAsync();
        var (told, freed) = (new List<(string What, string Value)>(), 0);
        foreach (var (word, times, isLate) in Kills)
        {
            await using var prune = WorkerProcess.Start("prune", folder.Path);
            await using var otherPrune = WorkerProcess.Start("prune", folder.Path);
            await using var victim = WorkerProcess.Start("write", folder.Path, $"{told.Count}", $"{int.MaxValue}");
            var writers = Enumerable.Range(1, Writers).Select(writer => WorkerProcess.Start("write", folder.Path, $"{told.Count + writer}", $"{Points}")).ToList();
            try
            {
                await (isLate ? Task.WhenAll(writers.Select(writer => writer.WaitAsync())) : Task.CompletedTask);
                await victim.ReadAsync(word, times);
                await victim.KillAsync();
                await (isLate ? Task.CompletedTask : Task.WhenAll(writers.Select(writer => writer.WaitAsync())));
                await Task.WhenAll(prune.WaitAsync(), otherPrune.WaitAsync());
                told.AddRange(writers.Append(victim).Append(prune).Append(otherPrune).SelectMany(process => process.Told));
            }
            finally
            {
                foreach (var writer in writers)
                {
                    await writer.DisposeAsync();
                }
            }

            freed += await CloseAndPruneAsync(folder.Path);
        }

        HashSet<string> committed = [.. Values(Worker.Committed)];
        HashSet<string> deleting = [.. Values(Worker.Deleting)];
        Assert.That(freed, Is.GreaterThan(0));
        Assert.That(committed, Has.Count.GreaterThanOrEqualTo(Kills.Length * Writers * Points));
        await ExpectWholeAsync(folder.Path, committed, deleting);
        TestContext.Out.WriteLine(
            $"{committed.Count} points, {deleting.Count} of them deleted; {Values(Worker.Pruned).Count()} prunes, {Values(Worker.Pruned).Count(count => count != "0")} of them freed something; {freed} packs were freed between");

        IEnumerable<string> Values(string what) => told.Where(line => line.What == what).Select(line => line.Value);
    }

    /// <summary>Every point that was told is there unless somebody was about to delete it, and every point that is there restores byte for byte.</summary>
    static async Task ExpectWholeAsync(string folder, HashSet<string> committed, HashSet<string> deleting)
    {
        await using var repository = await TestRepository.OpenAsync(new LocalObjectStore(folder));
        var points = await repository.ListPointsAsync(default);
        Assert.That(points.Damaged, Is.Empty);
        Assert.That(committed.Except(deleting).Except(points.Select(point => point.Id)), Is.Empty, "points that are lost");
        foreach (var point in points)
        {
            Assert.That(Convert.ToHexString(SHA256.HashData(await TestRepository.ReadAsync(repository, point))), Is.EqualTo(point.Properties[Worker.Hash]), point.Id);
        }

        var report = await repository.CheckAsync(new CheckOptions { ReadData = true }, null, default);
        Assert.That(report.Findings, Is.Empty);
        Assert.That(report.Points, Is.EqualTo(points.Count));
    }

    /// <summary>Days later the sessions of the killed are closed, and what they left goes: no garbage stays.</summary>
    /// <returns>Packs that were freed.</returns>
    static async Task<int> CloseAndPruneAsync(string folder)
    {
        var store = new LocalObjectStore(folder);
        var later = new FakeTimeProvider(TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(2));
        await using var repository = await RepositoryOpening.OpenAsync(store, TestRepository.Passphrase, later, TestRepository.Small, default);
        var last = await repository.PruneAsync(Now, null, default);
        Assert.That(last.SessionsClosed, Is.LessThanOrEqualTo(1));
        var freed = last.Deleted.Count;
        for (var prune = 1; last.Condemned.Count > 0 && prune < Prunes; prune++)
        {
            // What one has written anew may be worth joining for the next.
            last = await repository.PruneAsync(Now, null, default);
            freed += last.Deleted.Count;
        }

        Assert.That((last.Condemned.Count, last.Waiting.Count, last.PointsWaiting, last.WaitingFor.Count), Is.EqualTo((0, 0, 0, 0)));
        var left = new List<string>();
        await foreach (var info in store.ListAsync("", default))
        {
            left.Add(info.Name);
        }

        Assert.That(left.Where(name => name.Split('/')[0] is "trash" or "condemned"), Is.Empty);
        Assert.That(left.Where(name => name.StartsWith("sessions/", StringComparison.Ordinal) && !name.Contains(".clos", StringComparison.Ordinal)), Is.Empty);
        Assert.That(Directory.EnumerateFiles(Path.Combine(folder, "tmp")).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)), Is.Empty);
        return freed;
    }
}
