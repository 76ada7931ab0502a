using VmProxy.GuestFiles.Tests.Judging;

namespace VmProxy.GuestFiles.Tests.Xfs;

/// <summary>A log that was left behind: the files read as they do after the kernel has replayed it in another copy.</summary>
sealed class XfsLogTests
{
    [TestCase("", "workload 1 300 log")]
    [TestCase("", "workload 2 2500 log")]
    [TestCase("", "workload 3 2500 nolog")]
    [TestCase("-b size=1024 -n size=4096 -m rmapbt=1", "workload 4 1200 log")]
    [TestCase("-n size=65536 -i size=1024", "workload 5 1200 log")]
    [TestCase("-b size=16384 -s size=4096", "workload 6 800 log")]
    [TestCase("-i nrext64=1 -l su=65536", "workload 7 1500 nolog")]
    [TestCase("-m bigtime=0,finobt=0,reflink=0", "workload 8 1500 log")]
    public async Task A_crash_reads_as_after_recovery(string options, string workload)
    {
        using var image = await XfsImage.MakeAsync("320M", options);
        await image.FillAsync(workload);
        await using var opened = await image.OpenAsync();
        Assert.That(opened.FileSystem.Findings.Select(finding => finding.Code), Is.EqualTo(new[] { GuestFileErrorCodes.LogReplayed }));
        XfsImage.ExpectSame(await ReaderFacts.OfAsync(opened.FileSystem), await image.JudgeRecoveredAsync());
    }
}
