using VmProxy.GuestFiles.Tests.Judging;

namespace VmProxy.GuestFiles.Tests.Xfs;

/// <summary>Whatever mkfs.xfs can be asked for reads as the kernel reads it.</summary>
sealed class XfsConformanceTests
{
    [TestCase("")]
    [TestCase("-b size=1024 -m rmapbt=1")]
    [TestCase("-b size=1024 -n size=65536 -i size=1024")]
    [TestCase("-b size=2048 -n size=8192 -d agcount=2")]
    [TestCase("-b size=16384 -i size=2048")]
    [TestCase("-b size=65536")]
    [TestCase("-s size=4096 -i sparse=0")]
    [TestCase("-i size=2048,nrext64=1 -n size=16384")]
    [TestCase("-m bigtime=0,reflink=0,finobt=0,inobtcount=0 -i maxpct=5")]
    public async Task Everything_reads_as_the_kernel_reads_it(string options)
    {
        using var image = await XfsImage.MakeAsync("320M", options);
        await image.FillAsync("everything");
        await using var opened = await image.OpenAsync();
        Assert.That(opened.FileSystem.Findings, Is.Empty);
        XfsImage.ExpectSame(await ReaderFacts.OfAsync(opened.FileSystem), await image.JudgeAsync());
    }
}
