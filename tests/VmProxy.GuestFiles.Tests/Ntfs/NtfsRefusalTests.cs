using System.Buffers.Binary;

namespace VmProxy.GuestFiles.Tests.Ntfs;

/// <summary>Content that is not on the disk is refused by name, and never given as zeros.</summary>
sealed class NtfsRefusalTests
{
    const string Tree = """
        for name, tag in [("deduplicated", 0x80000013), ("cloud", 0x9000001A), ("cloud of another kind", 0x9000701A), ("of a driver", 0x80001234)]:
            write(name, noise(20_000))
            reparse(name, tag, b"of the driver   ")
        reparse("of a driver and empty", 0x80001234, b"of the driver   ")
        write("plain", noise(20_000))
        """;

    NtfsImage _image = null!;

    [OneTimeSetUp]
    public async Task Make_the_image() => _image = await NtfsImage.CreateAsync(Tree, length: 8 << 20);

    [OneTimeTearDown]
    public void Remove_the_image() => _image.Dispose();

    [TestCase("deduplicated", GuestFileErrorCodes.Deduplicated)]
    [TestCase("cloud", GuestFileErrorCodes.CloudPlaceholder)]
    [TestCase("cloud of another kind", GuestFileErrorCodes.CloudPlaceholder)]
    [TestCase("of a driver", GuestFileErrorCodes.Unsupported)]
    public async Task Reparse_points_that_hold_the_content_elsewhere_are_refused(string path, string code)
    {
        await using var opened = await _image.OpenAsync();
        await ExpectRefusedAsync(opened, path, code);
    }

    [Test]
    public async Task An_empty_file_of_an_unknown_driver_carries_a_warning_only()
    {
        await using var opened = await _image.OpenAsync();
        Assert.That((await opened.FindAsync("of a driver and empty")).Problem, Has.Property("IsWarning").True);
        Assert.That(await opened.ReadAsync("of a driver and empty"), Is.Empty);
    }

    [TestCase(0x4000u, GuestFileErrorCodes.Encrypted)]
    [TestCase(0x0040_0000u, GuestFileErrorCodes.CloudPlaceholder)]
    [TestCase(0x0004_0000u, GuestFileErrorCodes.CloudPlaceholder)]
    public async Task Attributes_that_tell_of_other_content_are_heeded(uint attribute, string code)
    {
        var bytes = await NtfsBytes.OfAsync(_image);
        await using (var sound = await bytes.OpenAsync())
        {
            Assert.That(await sound.ReadAsync("plain"), Has.Length.EqualTo(20_000));
            var information = bytes.Attribute((await sound.FindAsync("plain")).Id, NtfsAttributeType.StandardInformation);
            BinaryPrimitives.WriteUInt32LittleEndian(information[(24 + 32)..], attribute);
        }

        await using var opened = await bytes.OpenAsync();
        await ExpectRefusedAsync(opened, "plain", code);
    }

    [Test]
    public async Task An_encrypted_stream_is_refused_even_when_the_file_is_not_marked()
    {
        var bytes = await NtfsBytes.OfAsync(_image);
        await using (var sound = await bytes.OpenAsync())
        {
            bytes.Attribute((await sound.FindAsync("plain")).Id, NtfsAttributeType.Data)[13] |= 0x40;
        }

        await using var opened = await bytes.OpenAsync();
        await ExpectRefusedAsync(opened, "plain", GuestFileErrorCodes.Encrypted);
    }

    static async Task ExpectRefusedAsync(OpenedNtfs opened, string path, string code)
    {
        var entry = await opened.FindAsync(path);
        Assert.That(entry.Problem, Has.Property("Code").EqualTo(code).And.Property("IsWarning").False);
        Assert.That(async () => await opened.ReadAsync(path), Throws.TypeOf<GuestFileException>().With.Property("Code").EqualTo(code));
        await foreach (var (walked, same) in opened.FileSystem.WalkAsync(opened.FileSystem.Root, new GuestProblems(), CancellationToken.None))
        {
            Assert.That(same.Problem?.Code == code, Is.EqualTo(walked == path || (code == GuestFileErrorCodes.CloudPlaceholder && walked.StartsWith("cloud", StringComparison.Ordinal))
                || (code == GuestFileErrorCodes.Unsupported && walked.StartsWith("of a driver", StringComparison.Ordinal))), walked);
        }
    }
}
