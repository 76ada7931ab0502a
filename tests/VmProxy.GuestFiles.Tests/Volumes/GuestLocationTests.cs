using VmProxy.GuestFiles.Tests.Ext;
using VmProxy.GuestFiles.Tests.Fat;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Volumes;

sealed class GuestLocationTests
{
    [TestCase("a:/dir/empty", "a", "empty")]
    [TestCase("b:dir/empty", "b", "empty")]
    [TestCase("a:", "a", "")]
    [TestCase("a", "a", "")]
    [TestCase("/only here", "b", "only here")]
    [TestCase("ONLY HERE", "b", "only here")]
    public async Task A_text_leads_to_a_volume_and_a_file(string text, string volume, string name)
    {
        await using var disks = await DisksAsync();
        var location = await GuestLocation.ResolveAsync(disks, text, followLast: true, CancellationToken.None);
        Assert.That((location.Volume.Name, location.Entry.Name), Is.EqualTo((volume, name)));
    }

    [TestCase("/dir/empty", GuestFileErrorCodes.Ambiguous, "a, b")]
    [TestCase("a:/only here", GuestFileErrorCodes.NotFound, "volume a")]
    [TestCase("/nowhere", GuestFileErrorCodes.NotFound, "Searched: a, b")]
    [TestCase("/nowhere", GuestFileErrorCodes.NotFound, "Not all could be searched: The volume c holds no file system that is known.")]
    [TestCase("z:/only here", GuestFileErrorCodes.NotFound, "There is no volume z. There are: a, b, c.")]
    [TestCase("z:", GuestFileErrorCodes.NotFound, "There is no volume z.")]
    [TestCase("c:/x", GuestFileErrorCodes.Unsupported, "The volume c holds no file system that is known.")]
    [TestCase("c", GuestFileErrorCodes.Unsupported, "The volume c holds no file system that is known.")]
    public async Task What_cannot_be_found_is_told_with_the_volumes_that_were_searched(string text, string code, string told)
    {
        await using var disks = await DisksAsync();
        Assert.That(
            async () => await GuestLocation.ResolveAsync(disks, text, followLast: true, CancellationToken.None),
            Throws.InstanceOf<GuestFileException>().With.Property("Code").EqualTo(code).And.Message.Contains(told));
    }

    [TestCase(@"b:\\DIR\.\empty", "/dir/empty")]
    [TestCase("b:/../dir/../dir//empty/", "/dir/empty")]
    [TestCase("b:", "/")]
    public async Task The_path_is_told_as_the_file_system_has_it(string text, string path)
    {
        await using var disks = await DisksAsync();
        Assert.That((await GuestLocation.ResolveAsync(disks, text, followLast: true, CancellationToken.None)).Path, Is.EqualTo(path));
    }

    [Test]
    public async Task A_link_that_leads_to_nowhere_is_told_as_one()
    {
        using var image = await ExtImage.MakeAsync("-t ext4", "8M");
        await image.DebugAsync("symlink /dangling /gone/file");
        await using var disks = await GuestDisks.OpenAsync([new("a", new MemoryBlockDevice(await File.ReadAllBytesAsync(image.Path)))], CancellationToken.None);
        foreach (var text in (string[])["/dangling", "a:/dangling"])
        {
            Assert.That(
                async () => await GuestLocation.ResolveAsync(disks, text, followLast: true, CancellationToken.None),
                Throws.InstanceOf<GuestFileException>().With.Property("Code").EqualTo(GuestFileErrorCodes.NotFound)
                    .And.Message.Contains("leads to nowhere").And.Message.Contains("/gone/file"));
        }
    }

    [Test]
    public async Task The_only_volume_says_itself_why_it_is_not_read()
    {
        byte[] luks = [.. "LUKS"u8, 0xBA, 0xBE, 0, 1, .. new byte[1 << 20]];
        await using var disks = await GuestDisks.OpenAsync([new("", new MemoryBlockDevice(luks))], CancellationToken.None);
        Assert.That(
            async () => await GuestLocation.ResolveAsync(disks, "/", followLast: true, CancellationToken.None),
            Throws.InstanceOf<GuestFileException>().With.Property("Code").EqualTo(GuestFileErrorCodes.Encrypted).And.Message.Contains("LUKS"));
    }

    static async Task<GuestDisks> DisksAsync()
    {
        using var one = await FatImage.CreateAsync(2000, "-F 12");
        using var other = await FatImage.CreateAsync(2000, "-F 12");
        await other.MtoolsAsync("mcopy -i {} /etc/hostname '::/only here'");
        return await GuestDisks.OpenAsync(
            [new("a", new MemoryBlockDevice(one.Image.ReadAll())), new("b", new MemoryBlockDevice(other.Image.ReadAll())), new("c", new MemoryBlockDevice(4096))], CancellationToken.None);
    }
}
