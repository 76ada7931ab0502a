using System.Runtime.Versioning;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Files;
using VmProxy.Engine.Files.Targets;
using VmProxy.GuestFiles;
using VmProxy.Testing;

namespace VmProxy.Engine.Tests.Files;

/// <summary>Names that a guest made up so that two become one, or that an archive cannot hold. Python unpacks.</summary>
[SupportedOSPlatform("linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
sealed class ArchiveNameTests : IDisposable
{
    readonly TempFolder _place = new();
    readonly List<Failure> _remarks = [];

    public void Dispose() => _place.Dispose();

    [Test]
    public async Task No_link_is_unpacked_as_the_folder_of_another_file()
    {
        var outside = Directory.CreateDirectory(_place["outside"]).FullName;
        var (archive, answers) = await PutAsync(
            FilesTargetKind.Tar, TestEntry.Link(GuestName.FromBytes([0x61, 0x80]), outside), TestEntry.Folder("a%80"), TestEntry.File("a%80/evil", [1]));
        Assert.That(answers, Is.All.Null);
        await PythonAsync($"import tarfile; tarfile.open('{archive}').extractall('{_place["out"]}', filter='fully_trusted')");
        Assert.That(Directory.GetFileSystemEntries(outside), Is.Empty);
        Assert.That(File.Exists(_place["out/a%2580/evil"]));
        Assert.That(new FileInfo(_place["out/a%80"]).LinkTarget, Is.EqualTo(outside));
    }

    [TestCase(FilesTargetKind.Zip)]
    [TestCase(FilesTargetKind.Tar)]
    public async Task Nothing_is_put_below_what_is_no_folder(FilesTargetKind kind)
    {
        // A damaged directory can have one name twice.
        var (archive, answers) = await PutAsync(
            kind, TestEntry.Link("a", "/outside"), TestEntry.Folder("a"), TestEntry.File("a/evil", [1]), TestEntry.Folder("b"), TestEntry.Folder("b"), TestEntry.File("b/good", [1]));
        Assert.That(answers, Is.EqualTo(new[] { null, ReasonCodesOfFiles.SameName, ReasonCodesOfFiles.NotWritten, null, null, null }));
        Assert.That((await NamesAsync(kind, archive)).Distinct(), Is.EqualTo(new[] { "a", "b/", "b/good" }));
    }

    [Test]
    public async Task A_tar_archive_has_each_name_once()
    {
        var (archive, answers) = await PutAsync(FilesTargetKind.Tar, TestEntry.File("a", [1]), TestEntry.Link("a", "x"), TestEntry.File("A", [2]));
        Assert.That(answers, Is.EqualTo(new[] { null, ReasonCodesOfFiles.SameName, null }));
        Assert.That(await NamesAsync(FilesTargetKind.Tar, archive), Is.EqualTo(new[] { "a", "A" }));
    }

    [Test]
    public async Task Files_that_differ_in_nothing_but_case_are_numbered_in_a_zip_archive()
    {
        var (archive, answers) = await PutAsync(
            FilesTargetKind.Zip, TestEntry.File("a?", [1]), TestEntry.File("a%3F", [2]), TestEntry.Folder("src"), TestEntry.Folder("SRC"),
            TestEntry.File("src/Read.Me", [3]), TestEntry.File("SRC/read.me", [4]), TestEntry.Link("src/.rc", "x"), TestEntry.File("src/.RC", [5]));
        Assert.That(answers, Is.All.Null);
        Assert.That(
            await NamesAsync(FilesTargetKind.Zip, archive),
            Is.EqualTo(new[] { "a%3F", "a%253F", "src/", "SRC/", "src/Read.Me", "SRC/read (2).me", "src/.rc", "src/.RC (2)" }));
        Assert.That(_remarks.Select(remark => remark.Object), Is.EqualTo(new[] { "a?", "a%3F", "SRC/read.me", "src/.RC" }), "each other name is told");
        Assert.That(_remarks.Select(remark => remark.Code), Is.All.EqualTo(ReasonCodesOfFiles.Renamed));
    }

    [Test]
    public async Task Of_many_files_of_one_name_the_last_are_left_out()
    {
        var items = Enumerable.Range(0, 16).Select(i => TestEntry.File(string.Concat("name".Select((letter, bit) => (i >> bit & 1) == 1 ? char.ToUpperInvariant(letter) : letter)), []));
        var (archive, answers) = await PutAsync(FilesTargetKind.Zip, [.. items]);
        Assert.That(answers.Count(answer => answer == ReasonCodesOfFiles.SameName), Is.EqualTo(7));
        Assert.That((await NamesAsync(FilesTargetKind.Zip, archive)).Select(name => name.ToUpperInvariant()).Distinct().Count(), Is.EqualTo(9));
    }

    [Test]
    public async Task A_path_too_long_for_a_zip_archive_is_left_out()
    {
        var deep = string.Join('/', Enumerable.Repeat(new string('ä', 100), 326));
        string[] folders = [.. Enumerable.Range(1, 326).Select(depth => deep[..((depth * 101) - 1)])];
        var (archive, answers) = await PutAsync(FilesTargetKind.Zip, [.. folders.Select(path => TestEntry.Folder(path)), TestEntry.File(deep + "/" + new string('x', 300), [1]), TestEntry.File("z", [])]);
        Assert.That(answers[^2..], Is.EqualTo(new[] { ReasonCodesOfFiles.UnsafeName, null }));
        Assert.That((await NamesAsync(FilesTargetKind.Zip, archive))[^1], Is.EqualTo("z"));
    }

    [Test]
    public async Task A_link_in_a_tar_archive_leads_to_what_was_renamed()
    {
        var target = GuestName.FromBytes([0x61, 0xFF]);
        var (archive, _) = await PutAsync(FilesTargetKind.Tar, TestEntry.File(target, [1]), TestEntry.Link("link", target), TestEntry.Link("out", "/a//%/"));
        var links = await PythonAsync($"import tarfile; print(*[m.linkname for m in tarfile.open('{archive}') if m.issym()])");
        Assert.That(links.Trim(), Is.EqualTo("a%FF /a//%/"));
        Assert.That(_remarks.Select(remark => (remark.Code, remark.Object)), Does.Contain((ReasonCodesOfFiles.AttributesLost, "link")));
    }

    async Task<(string Archive, string?[] Answers)> PutAsync(FilesTargetKind kind, params FileItem[] items)
    {
        var archive = _place["archive"];
        var answers = new List<string?>();
        await using var target = FileTargets.Open(new FilesGetRequest("", [], kind, archive, Overwrite: false));
        foreach (var item in items)
        {
            answers.Add((await target.PutAsync(item, _remarks.Add, CancellationToken.None))?.Code);
        }

        await target.CompleteAsync(_remarks.Add, CancellationToken.None);
        return (archive, [.. answers]);
    }

    static async Task<string[]> NamesAsync(FilesTargetKind kind, string archive) => (await PythonAsync(kind == FilesTargetKind.Zip
        ? $"import zipfile; print(*zipfile.ZipFile('{archive}').namelist(), sep='\\n')"
        : $"import tarfile; print(*[m.name + '/' * m.isdir() for m in tarfile.open('{archive}')], sep='\\n')")).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    static Task<string> PythonAsync(string script) => Tool.RunAsync(Tool.Require("python3", "python3"), ["-c", script]);
}
