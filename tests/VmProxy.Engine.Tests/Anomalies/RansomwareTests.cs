using VmProxy.Engine.Backup;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Points;
using VmProxy.Engine.Reports;
using VmProxy.Lab;

namespace VmProxy.Engine.Tests.Anomalies;

sealed class RansomwareTests : EngineFixture
{
    const int Size = 32 << 20;

    [Test]
    public async Task A_guest_whose_files_are_encrypted_is_told_in_the_result_the_point_and_the_report()
    {
        await StartAsync(options => options.VirtualMachines.Add(new LabVmOptions
        {
            Name = "files", ChangeTracking = true, Disks = [new LabDiskOptions { Size = Size }],
        }));
        await WriteTextAsync(0, Size / 2);
        Only(await BackupAsync());
        for (var night = 0; night < 5; night++)
        {
            await WriteTextAsync((2 + night) << 20, 300_000 + (night * 70_000));
            Assert.That(Only(await BackupAsync()).Disks[0].Level, Is.EqualTo(BackupLevel.Incremental));
        }

        // Much that compresses is an update, and no alarm.
        await WriteTextAsync(16 << 20, 12 << 20);
        Only(await BackupAsync());

        await Bench.Lab.Control.Guest.WriteRandomAsync("files", 0, 0, Size / 2, seed: 99);
        var vm = Only(await BackupAsync(), Outcome.Warning);
        Assert.That(vm.Warnings.Select(warning => warning.Code), Is.EqualTo(new[] { ReasonCodes.Ransomware }));
        await ExpectRestoredAsync(vm);
        await using var session = OpenSession();
        Assert.That((await new PointShelf(session).ShowAsync(vm.Point!, default)).Warnings, Has.One.Contains(ReasonCodes.Ransomware));
        var report = await new JobsReporter(session).RunAsync(TimeSpan.FromHours(1), default);
        Assert.That(report.Runs[^1].VirtualMachines.Single().Warnings.Select(warning => warning.Code), Is.EqualTo(new[] { ReasonCodes.Ransomware }));
        Assert.That((report.Totals.Succeeded, report.Totals.Warnings), Is.EqualTo((7, 1)));
        Assert.That(JobsHtml.Write(report), Does.Contain(ReasonCodes.Ransomware));

        // A full after it compares with nothing.
        Only(await BackupAsync(BackupLevel.Full));
    }

    /// <summary>Writes what a guest's text files hold: it differs from block to block and compresses well.</summary>
    async Task WriteTextAsync(int offset, int length)
    {
        var text = new byte[length];
        for (var line = 0; line * 64 < length; line++)
        {
            var words = System.Text.Encoding.ASCII.GetBytes($"{offset + line,12} the quick brown fox jumps over the lazy dog again\n");
            words.AsSpan(0, Math.Min(words.Length, Math.Min(64, length - (line * 64)))).CopyTo(text.AsSpan(line * 64));
        }

        await Bench.Lab.Control.Guest.WriteAsync("files", 0, offset, text);
    }
}
