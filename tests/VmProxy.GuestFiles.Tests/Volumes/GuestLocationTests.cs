using VmProxy.GuestFiles.Tests.Fat;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Volumes;

sealed class GuestLocationTests
{
    [TestCase("a:/dir/empty", "a", "empty")]
    [TestCase("b:dir/empty", "b", "empty")]
    [TestCase("a:", "a", "")]
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
    [TestCase("z:/only here", GuestFileErrorCodes.NotFound, "z:/only here")]
    [TestCase("c:/x", GuestFileErrorCodes.Unsupported, "nothing that is known")]
    public async Task What_cannot_be_found_is_told_with_the_volumes_that_were_searched(string text, string code, string told)
    {
        await using var disks = await DisksAsync();
        Assert.That(
            async () => await GuestLocation.ResolveAsync(disks, text, followLast: true, CancellationToken.None),
            Throws.InstanceOf<GuestFileException>().With.Property("Code").EqualTo(code).And.Message.Contains(told));
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
