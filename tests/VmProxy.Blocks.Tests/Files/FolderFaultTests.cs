using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Files;

/// <summary>New files in folders and file systems that do not give everything.</summary>
[NonParallelizable]
[Platform(Exclude = "Win")]
sealed class FolderFaultTests
{
    [Test]
    public async Task A_length_that_the_file_system_refuses_leaves_no_file()
    {
        using var folder = new TempFolder();
        try
        {
            await using var disk = await WritableFileBlockDevice.CreateAsync(folder["disk"], 1L << 60);
            Assert.That(new FileInfo(folder["disk"]).Length, Is.EqualTo(1L << 60), "some file systems take it");
        }
        catch (BlockDeviceException error)
        {
            Assert.That(error.Code, Is.EqualTo(BlockErrorCodes.NoSpace));
            Assert.That(error.Message, Does.Contain(folder["disk"]));
            Assert.That(File.Exists(folder["disk"]), Is.False);
        }
    }

    [Test]
    public async Task A_file_in_a_folder_that_may_only_be_written_is_flushed()
    {
        using var folder = new TempFolder();
        var drop = folder["drop"];
        Directory.CreateDirectory(drop);
        Unprivileged.Admit(folder.Path);
        Unprivileged.AdmitBlindly(drop);
        var data = BlockContent.Mixed(100_000);
        using (new Unprivileged())
        {
            await using var disk = await WritableFileBlockDevice.CreateAsync(Path.Combine(drop, "disk"), data.Length);
            await disk.WriteAsync(0, data, CancellationToken.None);
            await disk.FlushAsync(CancellationToken.None);
        }

        Unprivileged.Admit(drop);
        Assert.That(await File.ReadAllBytesAsync(Path.Combine(drop, "disk")), Is.EqualTo(data));
    }

    [Test]
    public async Task A_file_whose_folder_was_renamed_is_flushed()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["before"]);
        await using var disk = await WritableFileBlockDevice.CreateAsync(Path.Combine(folder["before"], "disk"), 4096);
        await disk.WriteAsync(0, new byte[] { 1, 2, 3 }, CancellationToken.None);
        Directory.Move(folder["before"], folder["after"]);
        await disk.FlushAsync(CancellationToken.None);
        Assert.That(File.Exists(Path.Combine(folder["after"], "disk")), Is.True);
    }
}
