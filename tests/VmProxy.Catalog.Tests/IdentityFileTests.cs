namespace VmProxy.Catalog.Tests;

sealed class IdentityFileTests : CatalogFixture
{
    [Test]
    public async Task A_new_catalog_in_the_place_of_a_lost_one_is_the_same_installation()
    {
        var first = Catalog.Installation;
        await LoseAsync();
        await using var again = await OpenAsync();
        Assert.That((again.Installation.Id, again.Installation.CreatedAt), Is.EqualTo((first.Id, first.CreatedAt)));
        Assert.That(again.Installation.Mark.Verify(first.Mark.Create("r", "vc", "vm"), "vc", "vm").Ownership, Is.EqualTo(Ownership.Ours));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("{\"id\":\"a\",\"markSecret\":\"AAAA\"}")]
    [TestCase("{\"id\":\"a] [b\",\"markSecret\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}")]
    [TestCase("null")]
    public async Task Without_a_sound_identity_it_is_another_one_and_remembers_that(string? text)
    {
        var first = Catalog.Installation;
        await LoseAsync();
        System.IO.File.Delete(File + ".identity");
        if (text is not null)
        {
            await System.IO.File.WriteAllTextAsync(File + ".identity", text);
        }

        var other = await OpenAsync();
        Assert.That(other.Installation.Id, Is.Not.EqualTo(first.Id).And.Length.EqualTo(16));
        await other.DisposeAsync();
        await LoseAsync();
        await using var again = await OpenAsync();
        Assert.That(again.Installation.Id, Is.EqualTo(other.Installation.Id));
    }

    [Test]
    public async Task A_catalog_from_before_the_file_writes_it()
    {
        await Catalog.DisposeAsync();
        System.IO.File.Delete(File + ".identity");
        await using (await OpenAsync())
        {
        }

        Assert.That(System.IO.File.Exists(File + ".identity"));
    }

    [Test]
    public async Task Several_that_write_it_at_once_do_not_get_in_each_others_way()
    {
        await Catalog.DisposeAsync();
        System.IO.File.Delete(File + ".identity");
        var opened = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(OpenAsync)));
        Assert.That(opened.Select(catalog => catalog.Installation.Id).Distinct().Count(), Is.EqualTo(1));
        foreach (var catalog in opened)
        {
            await catalog.DisposeAsync();
        }

        Assert.That(Directory.GetFiles(Folder.Path, "*.identity*"), Is.EqualTo(new[] { File + ".identity" }));
    }

    async Task LoseAsync()
    {
        await Catalog.DisposeAsync();
        foreach (var file in new[] { "", "-wal", "-shm" }.Select(end => File + end))
        {
            System.IO.File.Delete(file);
        }
    }
}
