using VmProxy.GuestFiles.Tests.Judging;
using VmProxy.GuestFiles.Tests.Mutating;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Ntfs;

/// <summary>What is broken is named, and the rest is read.</summary>
sealed class NtfsDamageTests
{
    const string Tree = """
        for i in range(300):
            write(f"folder/file {i:03} with a name that fills index blocks", noise(i * 10))
        write("folder/sub/below", b"below")
        write("plain", noise(50_000))
        write("text", b"text")
        """;

    NtfsImage _image = null!;

    [OneTimeSetUp]
    public async Task Make_the_image() => _image = await NtfsImage.CreateAsync(Tree, length: 8 << 20);

    [OneTimeTearDown]
    public void Remove_the_image() => _image.Dispose();

    [Test]
    public async Task A_damaged_record_hides_one_file_only_and_its_name_is_still_told()
    {
        var bytes = await NtfsBytes.OfAsync(_image);
        ulong number;
        int all;
        await using (var sound = await bytes.OpenAsync())
        {
            number = (await sound.FindAsync("text")).Id;
            all = (await ReaderFacts.OfAsync(sound.FileSystem)).Count;
        }

        bytes.Record(number)[510] ^= 0x10;
        await using var opened = await bytes.OpenAsync();
        var problems = new GuestProblems();
        var entries = new List<GuestWalkEntry>();
        await foreach (var entry in opened.FileSystem.WalkAsync(opened.FileSystem.Root, problems, CancellationToken.None))
        {
            entries.Add(entry);
        }

        Assert.That(entries, Has.Count.EqualTo(all - 1), "the root is not one of them");
        Assert.That(entries.Single(entry => entry.Path == "text").Entry.Kind, Is.EqualTo(GuestEntryKind.Unknown));
        Assert.That(problems.First.Select(problem => problem.Message), Has.One.Contains($"MFT record {number} was written in part only"));
        var found = await opened.FindAsync("text");
        Assert.That(found.Problem?.Code, Is.EqualTo(GuestFileErrorCodes.Damaged));
        Assert.That(async () => await opened.ReadAsync("text"), Throws.TypeOf<GuestFileException>());
        Assert.That(await opened.ReadAsync("plain"), Has.Length.EqualTo(50_000));
    }

    [Test]
    public async Task A_damaged_record_of_a_directory_does_not_hide_what_is_below()
    {
        var bytes = await NtfsBytes.OfAsync(_image);
        await using (var sound = await bytes.OpenAsync())
        {
            bytes.Record((await sound.FindAsync("folder/sub")).Id)[0] = 0;
        }

        await using var opened = await bytes.OpenAsync();
        var paths = new List<string>();
        await foreach (var (path, _) in opened.FileSystem.WalkAsync(opened.FileSystem.Root, new GuestProblems(), CancellationToken.None))
        {
            paths.Add(path);
        }

        Assert.That(paths, Does.Contain("folder/sub").And.Contain("folder/sub/below"));
        Assert.That(paths.IndexOf("folder/sub"), Is.LessThan(paths.IndexOf("folder/sub/below")));
    }

    [TestCase("te/t")]
    [TestCase("te\0t")]
    public async Task A_name_that_would_lead_elsewhere_is_a_problem_and_not_given(string name)
    {
        var bytes = await NtfsBytes.OfAsync(_image);
        var (sought, put) = (System.Text.Encoding.Unicode.GetBytes("text"), System.Text.Encoding.Unicode.GetBytes(name));
        for (int at; (at = bytes.Bytes.AsSpan().IndexOf(sought)) >= 0;)
        {
            put.CopyTo(bytes.Bytes.AsSpan(at));
        }

        await using var opened = await bytes.OpenAsync();
        foreach (var entries in new Func<GuestProblems, IAsyncEnumerable<GuestWalkEntry>>[]
        {
            problems => opened.FileSystem.WalkAsync(opened.FileSystem.Root, problems, CancellationToken.None),
            problems => GuestWalk.DepthFirstAsync(opened.FileSystem, opened.FileSystem.Root, problems, CancellationToken.None),
        })
        {
            var problems = new GuestProblems();
            var paths = new List<string>();
            await foreach (var (path, _) in entries(problems))
            {
                paths.Add(path);
            }

            Assert.That(paths, Has.Count.EqualTo(304).And.None.StartsWith("te"));
            Assert.That(problems.First.Single().Message, Does.Contain("slash or a zero"));
        }
    }

    [Test]
    public async Task A_volume_with_more_names_than_are_kept_is_walked_by_its_directories()
    {
        var device = new MemoryBlockDevice((await NtfsBytes.OfAsync(_image)).Bytes);
        await using var opened = await OpenedNtfs.OpenAsync(device);
        await using var volume = await NtfsVolume.OpenAsync(
            device, await NtfsGeometry.ReadAsync(device, "the volume", [], CancellationToken.None), "the volume", CancellationToken.None);
        var expected = (await ReaderFacts.OfAsync(opened.FileSystem)).Select(facts => facts.Path).Where(path => path.Length > 0);
        foreach (var most in new[] { 100u, NtfsNodes.MaxNames })
        {
            var problems = new GuestProblems();
            var paths = new List<string>();
            await foreach (var (path, _) in NtfsWalk.RootAsync(opened.FileSystem, volume, (NtfsEntry)opened.FileSystem.Root, most, problems, CancellationToken.None))
            {
                paths.Add(path);
            }

            Assert.That(paths, Is.EquivalentTo(expected));
            Assert.That(problems.Count, Is.Zero);
        }
    }

    [Test]
    public async Task A_damaged_index_block_is_named_and_the_walk_by_the_MFT_does_not_need_it()
    {
        var bytes = await NtfsBytes.OfAsync(_image);
        int all;
        await using (var sound = await bytes.OpenAsync())
        {
            all = (await ReaderFacts.OfAsync(sound.FileSystem)).Count;
        }

        var name = System.Text.Encoding.Unicode.GetBytes("file 1");
        bytes.Bytes[bytes.Structures("INDX").First(at => bytes.Bytes.AsSpan(at, 4096).IndexOf(name) >= 0) + 511] ^= 1;

        await using var opened = await bytes.OpenAsync();
        Assert.That(await ReaderFacts.OfAsync(opened.FileSystem), Has.Count.EqualTo(all));
        var problems = new GuestProblems();
        var listed = 0;
        await foreach (var _ in GuestWalk.DepthFirstAsync(opened.FileSystem, opened.FileSystem.Root, problems, CancellationToken.None))
        {
            listed++;
        }

        Assert.That(problems.First.Single().Message, Does.Contain("index block"));
        Assert.That(listed, Is.InRange(all / 2, all - 2));
    }

    [Test]
    public async Task A_damaged_run_list_is_named_when_the_file_is_opened()
    {
        var bytes = await NtfsBytes.OfAsync(_image);
        await using (var sound = await bytes.OpenAsync())
        {
            var data = bytes.Attribute((await sound.FindAsync("plain")).Id, NtfsAttributeType.Data);
            data[data[32] + 2] ^= 0x80;
            data[data[32] + 3] ^= 0x7F;
        }

        await using var opened = await bytes.OpenAsync();
        Assert.That(
            async () => await opened.ReadAsync("plain"),
            Throws.TypeOf<GuestFileException>().With.Property("Code").EqualTo(GuestFileErrorCodes.Damaged).And.Message.Contains("run list"));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(3)]
    public async Task The_first_records_are_read_from_the_mirror(int record)
    {
        var bytes = await NtfsBytes.OfAsync(_image);
        bytes.Record((ulong)record).Clear();
        await using var opened = await bytes.OpenAsync();
        Assert.That(await ReaderFacts.OfAsync(opened.FileSystem, problems: new GuestProblems()), Has.Count.EqualTo(306));
        if (record != 1)
        {
            Assert.That(opened.FileSystem.Findings.Single().Code, Is.EqualTo(GuestFileErrorCodes.CopyUsed));
        }

        Assert.That(opened.FileSystem.Info.Label, Is.EqualTo("Meßwerte"));
    }

    [Test]
    public async Task The_boot_sector_is_read_from_its_copy()
    {
        var bytes = await NtfsBytes.OfAsync(_image);
        bytes.Bytes.AsSpan(0, 512).Clear();
        await using var opened = await bytes.OpenAsync();
        Assert.That(opened.FileSystem.Findings.Single().Code, Is.EqualTo(GuestFileErrorCodes.CopyUsed));
        Assert.That(await ReaderFacts.OfAsync(opened.FileSystem), Has.Count.EqualTo(306));
    }

    [Test]
    public void What_is_no_NTFS_is_refused() =>
        Assert.That(
            async () => await OpenedNtfs.OpenAsync(new MemoryBlockDevice(1 << 20)),
            Throws.TypeOf<GuestFileException>().With.Message.Contains("boot sector of the volume"));

    [Test]
    public async Task A_cut_volume_is_a_finding()
    {
        var bytes = await NtfsBytes.OfAsync(_image);
        await using var opened = await OpenedNtfs.OpenAsync(new MemoryBlockDevice(bytes.Bytes[..(7 << 20)]));
        Assert.That(opened.FileSystem.Findings.Select(finding => finding.Message), Has.Some.Contains("its end is missing"));
    }

    [NonParallelizable]
    [Test]
    public async Task Mutations_end_in_documented_errors()
    {
        const string script = """
            for i in range(120):
                write(f"folder/file {i:03} with a name that fills index blocks", noise(i * 10))
            write("plain", noise(20_000))
            with open(path("sparse"), "wb") as file:
                file.seek(300_000); file.write(b"end")
            os.makedirs(path("compressed")); attributes("compressed", 0x800)
            write("compressed/text", b"".join(b"line %d " % (i % 77) for i in range(6000)))
            os.symlink("plain", path("link"))
            reparse("junction", 0xA0000003, link_data("\\??\\C:\\folder", "C:\\folder"), folder=True)
            os.setxattr(path("plain"), "user.stream", b"stream")
            write("many", b"1")
            for i in range(40):
                os.link(path("many"), path(f"links/another of the many names of the file {i}"))
            """;
        using var image = await NtfsImage.CreateAsync(script, length: 3 << 20);
        var bytes = WithOpenLog(await NtfsBytes.OfAsync(image));
        (int, int)[] metadata =
        [
            (0, 512),
            .. bytes.Structures("FILE").Select(at => (at, NtfsBytes.RecordSize)),
            .. bytes.Structures("FILE").Select(at => (at, 0x1C0)),
            .. bytes.Structures("INDX").Select(at => (at, 4096)),
            .. bytes.Structures("RSTR").Select(at => (at, 512)),
            .. bytes.Structures("RCRD").Select(at => (at, 4096)),
        ];
        await Mutation.RunAsync(
            bytes.Bytes, metadata, (device, token) => Exercise.FileSystemAsync(device, (volume, cancel) => NtfsFileSystem.OpenAsync(volume, "the mutant", cancel), token), repair: NtfsBytes.Repair);
    }

    static NtfsBytes WithOpenLog(NtfsBytes bytes)
    {
        var log = new NtfsLogWriter(bytes.Log.Length, pagesToEnd: 2);
        var first = log.Open(0x40, 70, 0x80);
        var checkpoint = log.Checkpoint(attributes: [(0, 0x80), (64, 0xA0)], dirtyPages: [first], transactions: [first]);
        log.ChangeRecord(66);
        log.Change(0x0E, 0x0F, 0x40, 3, 0, new byte[100]);
        log.ChangeRecord(80, bytes: 6000);
        log.ChangeRecord(81);
        log.CopyPage(1, log.Snapshot(log.CurrentPage));
        return bytes.WithLog(log.Build(first, checkpoint));
    }
}
