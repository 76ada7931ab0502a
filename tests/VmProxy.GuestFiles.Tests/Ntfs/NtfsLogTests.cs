using System.Buffers.Binary;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Ntfs;

/// <summary>Which files an open log concerns. No log that Windows wrote is at hand: NtfsLogWriter writes them, and ntfsrecover judges it.</summary>
sealed class NtfsLogTests
{
    const string Tree = """
        for i in range(300):
            write(f"folder/file {i:03} with a name that fills index blocks", b"x" * (i % 50))
        for name in ["one", "two", "three"]:
            write(name, noise(9000))
        write("sub/inside", b"text")
        write("many", b"many names")
        for i in range(80):
            os.link(path("many"), path(f"links/a rather long name of a file with many links {i}"))
        """;

    readonly Dictionary<string, ulong> _numbers = [];
    NtfsImage _image = null!;
    NtfsBytes _bytes = null!;

    [OneTimeSetUp]
    public async Task Make_the_image()
    {
        _image = await NtfsImage.CreateAsync(Tree, length: 8 << 20);
        _bytes = await NtfsBytes.OfAsync(_image);
        await using var opened = await _bytes.OpenAsync();
        foreach (var name in (string[])["one", "two", "three", "folder", "sub", "sub/inside", "many"])
        {
            _numbers[name] = (await opened.FindAsync(name)).Id;
        }

        Assert.That(opened.FileSystem.Findings, Is.Empty, "the log that mkntfs and ntfs-3g leave is closed");
    }

    [OneTimeTearDown]
    public void Remove_the_image() => _image.Dispose();

    [Test]
    public async Task A_closed_log_concerns_nothing()
    {
        var log = Writer();
        var checkpoint = log.Checkpoint();
        log.ChangeRecord(_numbers["one"]);
        await ExpectAsync(log.Build(checkpoint, checkpoint, isClosed: true), []);
    }

    [Test]
    public async Task An_open_log_without_changes_concerns_nothing([Values(1, 2)] int version)
    {
        var log = Writer(version);
        log.ChangeRecord(_numbers["one"]);
        var checkpoint = log.Checkpoint();
        await ExpectAsync(log.Build(checkpoint, checkpoint), [], "0 files and directories that it concerns are marked.");
    }

    [Test]
    public async Task A_file_that_was_changed_since_the_oldest_record_carries_a_warning()
    {
        var log = Writer();
        var checkpoint = log.Checkpoint();
        var bytes = _bytes.WithLog(log.Build(checkpoint, checkpoint));
        foreach (var (name, lsn) in new[] { ("one", checkpoint), ("sub/inside", checkpoint + 1), ("two", checkpoint - 1) })
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.Record(_numbers[name])[8..], lsn);
        }

        await ExpectAsync(bytes, ["one", "sub/inside"], "are marked.");
    }

    [Test]
    public async Task Changes_of_records_are_found_though_the_records_on_the_disk_are_old([Values(1, 2)] int version)
    {
        var log = Writer(version);
        var checkpoint = log.Checkpoint();
        log.ChangeRecord(_numbers["one"]);
        log.ChangeRecord(_numbers["sub"], redo: 0, undo: 3);
        log.ChangeRecord(_numbers["three"], redo: 0x1A, undo: 1);
        await ExpectAsync(log.Build(checkpoint, checkpoint), ["one", "sub"], "2 files and directories");
    }

    [Test]
    public async Task A_change_of_a_record_that_is_a_part_of_a_file_concerns_the_file()
    {
        var part = Enumerable.Range(24, 500).Select(number => (ulong)number)
            .First(number => (BinaryPrimitives.ReadUInt64LittleEndian(_bytes.Record(number)[0x20..]) & 0xFFFF_FFFF) == _numbers["many"]);
        var log = Writer();
        var checkpoint = log.Checkpoint();
        log.ChangeRecord(part);
        var marked = await MarkedAsync(_bytes.WithLog(log.Build(checkpoint, checkpoint)));
        Assert.That(marked, Has.Count.EqualTo(81).And.Contains("many"), "each of its names");
    }

    [Test]
    public async Task Changes_of_attributes_are_those_of_whoever_has_them([Values] bool is32Bits, [Values(1, 2)] int version)
    {
        var log = new NtfsLogWriter(_bytes.Log.Length, version) { Is32Bits = is32Bits };
        var size = is32Bits ? 0x2C : 0x28;
        var checkpoint = log.Checkpoint(attributes: [(0, 0x80), null, (Reference("folder"), 0xA0)], dirtyPages: [], transactions: []);
        log.Change(0x0E, 0x0F, (ushort)(0x18 + (2 * size)), 3, 0, new byte[100]);
        log.Open(0x400, Reference("two"), 0x80);
        log.Change(0x08, 0x08, 0x400, 0, 0, new byte[30]);
        // Bytes of the MFT itself, and of its bitmap's.
        log.Change(0x08, 0x00, 0x18, (long)_numbers["three"] / 4, (ushort)(_numbers["three"] % 4 * 2), new byte[30]);
        await ExpectAsync(log.Build(checkpoint, checkpoint), ["folder", "two", "three"], "3 files and directories that it concerns are marked.");
    }

    [Test]
    public async Task A_place_in_the_table_that_was_given_to_another_is_not_taken_for_the_first()
    {
        var log = Writer();
        var early = log.Change(0x08, 0x08, 0x18, 0, 0, new byte[30]);
        log.Open(0x18, Reference("one"), 0x80);
        log.Change(0x08, 0x08, 0x18, 0, 0, new byte[30]);
        log.Open(0x18, Reference("two"), 0x80);
        log.Change(0x08, 0x08, 0x18, 0, 0, new byte[30]);
        var checkpoint = log.Checkpoint(dirtyPages: [early]);
        await ExpectAsync(log.Build(early, checkpoint), ["one", "two"], "cannot be told");
    }

    [Test]
    public async Task What_is_older_than_the_checkpoint_counts_where_it_was_not_on_the_disk_yet([Values] bool isTransaction, [Values] bool is32Bits)
    {
        var log = new NtfsLogWriter(_bytes.Log.Length) { Is32Bits = is32Bits };
        log.ChangeRecord(_numbers["one"]);
        var first = log.ChangeRecord(_numbers["two"]);
        log.ChangeRecord(_numbers["three"]);
        var checkpoint = isTransaction ? log.Checkpoint(transactions: [first]) : log.Checkpoint(dirtyPages: [first + 1000, first, 0]);
        await ExpectAsync(log.Build(first, checkpoint), ["two", "three"], "are marked.");
    }

    [Test]
    public async Task The_beginning_of_a_checkpoint_is_where_it_says()
    {
        var log = Writer();
        var start = log.ChangeRecord(_numbers["one"]);
        var checkpoint = log.Checkpoint(start: start);
        await ExpectAsync(log.Build(start, checkpoint), ["one"], "are marked.");
    }

    [Test]
    public async Task Records_go_on_over_pages_and_over_the_end_of_the_file([Values(1, 2)] int version, [Values(0, 2, 40)] int pagesToEnd, [Values(1, 2, 3)] int seed)
    {
        var random = new Random(seed);
        var log = Writer(version, pagesToEnd);
        var checkpoint = log.Checkpoint();
        var numbers = Enumerable.Range(30, 150).Select(number => (ulong)number).ToList();
        foreach (var number in numbers)
        {
            log.ChangeRecord(number, bytes: random.Next(3) switch { 0 => random.Next(40), 1 => random.Next(5000), _ => random.Next(20_000) });
        }

        var last = log.ChangeRecord(_numbers["sub"]);
        Assert.That(last, Is.GreaterThan(checkpoint));
        var bytes = _bytes.WithLog(log.Build(checkpoint, checkpoint));
        await using var opened = await bytes.OpenAsync();
        Assert.That(opened.FileSystem.Findings.Single().Message, Does.Contain($"{numbers.Append(_numbers["sub"]).Distinct().Count()} files").And.EndsWith("are marked."));
        var marked = await MarkedAsync(bytes);
        Assert.That(marked, Does.Contain("sub"));
    }

    [Test]
    public async Task A_copy_of_the_last_page_goes_before_an_older_or_torn_one([Values(1, 2)] int version, [Values] bool isTorn, [Values(0, 1)] int copy)
    {
        var log = Writer(version);
        var checkpoint = log.Checkpoint();
        log.ChangeRecord(_numbers["one"]);
        var older = log.Snapshot(log.CurrentPage);
        log.ChangeRecord(_numbers["two"]);
        if (isTorn)
        {
            older = log.Snapshot(log.CurrentPage);
            older[0x200 - 2] ^= 0xFF;
        }

        var page = log.CurrentPage;
        log.CopyPage(version == 2 ? copy * 16 : copy, older);
        var built = log.Build(checkpoint, checkpoint);
        if (isTorn)
        {
            built[page + 0x400 - 1] ^= 0xFF;
        }

        await ExpectAsync(built, ["one", "two"], "are marked.");
    }

    [Test]
    public async Task A_torn_page_is_told_and_what_is_before_it_is_marked([Values(1, 2)] int version)
    {
        var log = Writer(version);
        var checkpoint = log.Checkpoint();
        log.ChangeRecord(_numbers["one"]);
        log.ChangeRecord(_numbers["three"], bytes: 5000);
        var page = log.CurrentPage;
        log.ChangeRecord(_numbers["sub"], bytes: 5000);
        log.ChangeRecord(_numbers["two"]);
        var built = log.Build(checkpoint, checkpoint);
        built[page + 0x3FF] ^= 1;
        var bytes = _bytes.WithLog(built);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.Record(_numbers["sub"])[8..], checkpoint + 50);
        await ExpectAsync(bytes, ["one", "sub"], "cannot be told");
    }

    [Test]
    public async Task A_page_that_is_missing_before_others_is_told()
    {
        var log = Writer();
        var checkpoint = log.Checkpoint();
        log.ChangeRecord(_numbers["one"]);
        log.ChangeRecord(_numbers["three"], bytes: 3920);
        log.ChangeRecord(_numbers["three"], bytes: 1800);
        var page = log.CurrentPage;
        log.ChangeRecord(_numbers["two"], bytes: 5000);
        var built = log.Build(checkpoint, checkpoint);
        built.AsSpan(page, NtfsLogWriter.Page).Fill(0xFF);
        // The older restart page does not know of it.
        built.AsSpan(NtfsLogWriter.Page, NtfsLogWriter.Page).Clear();
        await ExpectAsync(built, ["one"], "cannot be told");
    }

    [Test]
    public async Task One_sound_restart_page_is_enough([Values] bool isFirst)
    {
        var log = Writer();
        var checkpoint = log.Checkpoint();
        log.ChangeRecord(_numbers["one"]);
        var built = log.Build(checkpoint, checkpoint);
        built.AsSpan(isFirst ? 0 : NtfsLogWriter.Page, 600).Fill(0x5A);
        await ExpectAsync(built, ["one"], "are marked.");
    }

    [Test]
    public async Task An_operation_that_is_not_known_is_told_and_the_rest_is_found()
    {
        var log = Writer();
        var checkpoint = log.Checkpoint();
        log.ChangeRecord(_numbers["one"], redo: 0x70, undo: 0);
        log.ChangeRecord(_numbers["two"]);
        await ExpectAsync(log.Build(checkpoint, checkpoint), ["two"], "cannot be told");
    }

    [Test]
    public async Task A_log_that_concerns_too_many_files_is_told()
    {
        var log = Writer();
        var checkpoint = log.Checkpoint(attributes: [(0, 0x80)]);
        for (var i = 0; i < 7000; i++)
        {
            // The bytes from there on that it says to change are far more than it holds.
            var change = new byte[0x28];
            (change[0], change[0x0C]) = (8, 0x18);
            change.AsSpan(0x10, 4).Fill(0xFF);
            change.AsSpan(0x0A, 2).Fill(0xFF);
            BinaryPrimitives.WriteInt64LittleEndian(change.AsSpan(0x18), 1000 + (i * 50L));
            log.Append(change, 1, 0x18);
        }

        await using var opened = await _bytes.WithLog(log.Build(checkpoint, checkpoint)).OpenAsync();
        Assert.That(opened.FileSystem.Findings.Single().Message, Does.Contain("1000000 files").And.Contain("cannot be told"));
    }

    [Test]
    public async Task A_directory_whose_index_was_changed_lately_is_told_when_it_is_listed()
    {
        var log = Writer();
        var checkpoint = log.Checkpoint();
        var bytes = _bytes.WithLog(log.Build(checkpoint, checkpoint));
        foreach (var at in bytes.Structures("INDX").Where(at => bytes.Bytes.AsSpan(at, 4096).IndexOf(System.Text.Encoding.Unicode.GetBytes("file 1")) >= 0))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.Bytes.AsSpan(at + 8), checkpoint);
        }

        await using var opened = await bytes.OpenAsync();
        var problems = new GuestProblems();
        await foreach (var _ in GuestWalk.DepthFirstAsync(opened.FileSystem, opened.FileSystem.Root, problems, CancellationToken.None))
        {
        }

        Assert.That(problems.First.Select(problem => (problem.Code, problem.Subject, problem.IsWarning)), Is.EqualTo(new[]
        {
            (GuestFileErrorCodes.LogNotReplayed, $"MFT record {_numbers["folder"]}", true),
        }));
    }

    [Test]
    public async Task Ntfsrecover_reads_the_logs_that_these_tests_write()
    {
        using var folder = new TempFolder();
        var log = Writer();
        var lsns = new List<ulong> { log.Open(0x40, _numbers["two"], 0x80) };
        lsns.Add(log.Checkpoint(attributes: [(0, 0x80), (_numbers["folder"], 0xA0)], dirtyPages: [lsns[0]], transactions: [lsns[0]]));
        lsns.Add(log.ChangeRecord(_numbers["one"], bytes: 24));
        lsns.Add(log.Change(0x0E, 0x0F, 0x40, 3, 0, new byte[112]));
        lsns.Add(log.ChangeRecord(_numbers["three"], bytes: 3000));
        lsns.Add(log.ChangeRecord(_numbers["three"], bytes: 9000));
        lsns.Add(log.ChangeRecord(_numbers["one"], bytes: 24));
        await File.WriteAllBytesAsync(folder["log"], log.Build(lsns[0], lsns[1]));
        // Options with which it shows the log and does nothing; behind the last page it finds nothing more, and says so by its exit code.
        var shown = await Tool.RunAsync("/bin/sh", ["-c", $"{Tool.Require("ntfsrecover", "ntfs-3g")} -f -n -v {folder["log"]} || true"]);
        foreach (var lsn in lsns)
        {
            Assert.That(shown, Does.Match($"this_lsn +{lsn:x16}"));
        }

        Assert.That(shown, Does.Contain("OpenNonResidentAttribute").And.Contain("AddIndexEntryAllocation").And.Contain("UpdateResidentValue").And.Contain("OpenAttributeTableDump"));
        Assert.That(shown, Does.Contain($"inode {_numbers["two"]}\n").And.Contain($"attr 0x40 : inode {_numbers["folder"]} type Index-Allocation"));
        Assert.That(shown, Does.Not.Contain("unlikely").And.Not.Contain("does not match"));
    }

    NtfsLogWriter Writer(int version = 1, int pagesToEnd = 0) => new(_bytes.Log.Length, version, pagesToEnd);

    /// <summary>The reference of a file: its record, and that this is the first use of it.</summary>
    ulong Reference(string name) => _numbers[name] | (1UL << 48);

    Task ExpectAsync(byte[] log, string[] marked, string? finding = null) => ExpectAsync(_bytes.WithLog(log), marked, finding);

    /// <summary>Expects that just these files carry the warning, however they are found, and what the volume's finding says.</summary>
    async Task ExpectAsync(NtfsBytes bytes, string[] marked, string? finding)
    {
        await using var opened = await bytes.OpenAsync();
        if (finding is null)
        {
            Assert.That(opened.FileSystem.Findings, Is.Empty);
        }
        else
        {
            Assert.That(opened.FileSystem.Findings.Select(found => (found.Code, found.IsWarning)), Is.EqualTo(new[] { (GuestFileErrorCodes.LogNotReplayed, true) }));
            Assert.That(opened.FileSystem.Findings.Single().Message, Does.Contain(finding));
        }

        Assert.That(await MarkedAsync(bytes), Is.EquivalentTo(marked));
        foreach (var name in _numbers.Keys)
        {
            Assert.That((await opened.FindAsync(name)).Problem?.Code, Is.EqualTo(marked.Contains(name) ? GuestFileErrorCodes.LogNotReplayed : null), name);
        }

        Assert.That(await opened.ReadAsync("one"), Has.Length.EqualTo(9000), "it is read all the same");
    }

    /// <summary>The paths that carry the warning, which a walk by the MFT and one by directories tell alike.</summary>
    static async Task<List<string>> MarkedAsync(NtfsBytes bytes)
    {
        await using var opened = await bytes.OpenAsync();
        var root = opened.FileSystem.Root;
        var byMft = await PathsAsync(problems => opened.FileSystem.WalkAsync(root, problems, CancellationToken.None));
        var byDirectories = await PathsAsync(problems => GuestWalk.DepthFirstAsync(opened.FileSystem, root, problems, CancellationToken.None));
        Assert.That(byDirectories, Is.EquivalentTo(byMft));
        return byMft;
    }

    static async Task<List<string>> PathsAsync(Func<GuestProblems, IAsyncEnumerable<GuestWalkEntry>> walk)
    {
        var problems = new GuestProblems();
        var paths = new List<string>();
        await foreach (var (path, entry) in walk(problems))
        {
            if (entry.Problem is { } problem)
            {
                Assert.That((problem.Code, problem.IsWarning), Is.EqualTo((GuestFileErrorCodes.LogNotReplayed, true)));
                paths.Add(path);
            }
        }

        Assert.That(problems.First, Is.Empty);
        return paths;
    }
}
