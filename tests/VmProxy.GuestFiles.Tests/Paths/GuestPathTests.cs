using static VmProxy.GuestFiles.Tests.Paths.FakeFileSystem;

namespace VmProxy.GuestFiles.Tests.Paths;

sealed class GuestPathTests
{
    const ulong Root = 1;

    static FakeFileSystem Linux => new FakeFileSystem()
        .With(Root, Directory("etc", 2), Directory("usr", 3), Link("bin", 4, "usr/bin"), Link("a", 5, "/b"), Link("b", 6, "a"), Link("up", 7, "../../../etc"))
        .With(2, File("hosts", 20), Link("mine", 21, "/etc/hosts"), Link("beside", 22, "./hosts"), Link("gone", 23, "nowhere"))
        .With(3, Directory("bin", 30))
        .With(30, File("sh", 300), Link("conf", 301, "../../etc"));

    static FakeFileSystem Windows => new FakeFileSystem(ignoresCase: true)
        .With(Root, Directory("Users", 2), Link("Documents and Settings", 3, @"\??\C:\Users", GuestEntryKind.Junction))
        .With(2, Directory("Ann", 20), Link("All", 21, @"D:\Users\Ann"), Link("near", 22, @"Ann\x.txt"))
        .With(20, File("x.txt", 200));

    [TestCase("", 1)]
    [TestCase("/", 1)]
    [TestCase("etc/hosts", 20)]
    [TestCase("//etc/./hosts/", 20)]
    [TestCase("/bin/sh", 300)]
    [TestCase("/etc/mine", 20)]
    [TestCase("/etc/beside", 20)]
    [TestCase("/bin/../bin/sh", 300)]
    [TestCase("/usr/bin/conf/hosts", 20)]
    [TestCase("/../../etc/hosts", 20)]
    [TestCase("/up/hosts", 20)]
    [TestCase("/etc/gone", null)]
    [TestCase("/etc/hosts/below", null)]
    [TestCase("/ETC/hosts", null)]
    [TestCase("/etc\\hosts", null)]
    public async Task Paths_are_followed_as_Linux_follows_them_and_never_out_of_the_volume(string path, int? id) => Assert.That(
        (await GuestPath.FindAsync(Linux, path, followLast: true, CancellationToken.None))?.Id, Is.EqualTo((ulong?)id));

    [TestCase("/users/ann/X.TXT", 200)]
    [TestCase(@"\Users\Ann\x.txt", 200)]
    [TestCase("/Documents and Settings/Ann/x.txt", 200)]
    [TestCase("/Users/All/x.txt", 200)]
    [TestCase("/Users/near", 200)]
    public async Task A_drive_letter_means_this_volume(string path, int id) => Assert.That(
        (await GuestPath.FindAsync(Windows, path, followLast: true, CancellationToken.None))?.Id, Is.EqualTo((ulong)id));

    [TestCase("/bin/./sh/", "/usr/bin/sh")]
    [TestCase("/../etc/mine", "/etc/hosts")]
    [TestCase("", "/")]
    public async Task The_way_is_told_without_links_and_dots(string path, string way) => Assert.That(
        (await GuestPath.LocateAsync(Linux, path, followLast: true, CancellationToken.None))?.Path, Is.EqualTo(way));

    [Test]
    public async Task The_way_has_the_case_of_the_names_and_slashes() => Assert.That(
        (await GuestPath.LocateAsync(Windows, @"\users\ANN/x.TXT", followLast: true, CancellationToken.None))?.Path, Is.EqualTo("/Users/Ann/x.txt"));

    [Test]
    public async Task The_last_link_is_followed_only_when_that_is_asked_for() => Assert.That(
        (await GuestPath.FindAsync(Linux, "/bin", followLast: false, CancellationToken.None))?.Id, Is.EqualTo(4));

    [Test]
    public void Links_in_a_circle_end() => Assert.That(
        async () => await GuestPath.FindAsync(Linux, "/a/x", followLast: true, CancellationToken.None),
        Throws.InstanceOf<GuestFileException>().With.Property("Code").EqualTo(GuestFileErrorCodes.LinkLoop));

    [Test]
    public async Task A_directory_that_holds_itself_is_told_and_not_entered_again()
    {
        var looped = new FakeFileSystem().With(Root, Directory("a", 2)).With(2, Directory("b", 3), File("f", 4)).With(3, Directory("again", 2));
        var problems = new GuestProblems();
        var paths = new List<string>();
        await foreach (var (path, _) in ((IGuestFileSystem)looped).WalkAsync(looped.Root, problems, CancellationToken.None))
        {
            paths.Add(path);
        }

        Assert.That(paths, Is.EqualTo(new[] { "a", "a/b", "a/b/again", "a/f" }));
        Assert.That(problems.First.Select(problem => (problem.Code, problem.Subject)), Is.EqualTo(new[] { (GuestFileErrorCodes.Damaged, "a/b/again") }));
    }

    [Test]
    public async Task A_tree_deeper_than_any_sound_one_is_told_and_left()
    {
        var deep = new FakeFileSystem();
        for (ulong level = 1; level < 6000; level++)
        {
            deep.With(level, Directory("d", level + 1));
        }

        var problems = new GuestProblems();
        var count = 0;
        await foreach (var _ in ((IGuestFileSystem)deep).WalkAsync(deep.Root, problems, CancellationToken.None))
        {
            count++;
        }

        Assert.That((count, problems.Count), Is.EqualTo((4096, 1L)));
    }

    [Test]
    public async Task A_tree_with_longer_paths_than_any_sound_one_is_told_and_left()
    {
        var deep = new FakeFileSystem();
        for (ulong level = 1; level < 600; level++)
        {
            deep.With(level, Directory(new string('d', 255), level + 1));
        }

        var problems = new GuestProblems();
        var longest = 0;
        await foreach (var (path, _) in ((IGuestFileSystem)deep).WalkAsync(deep.Root, problems, CancellationToken.None))
        {
            longest = Math.Max(longest, path.Length);
        }

        Assert.That(longest, Is.InRange(32 * 1024, (32 * 1024) + 256));
        Assert.That(problems.First.Single().Message, Does.Contain("characters").And.Length.LessThan(1200), "problems are kept");
    }

    [Test]
    public async Task However_deep_a_tree_is_few_of_its_directories_are_being_listed_and_none_is_left_and_entered_again()
    {
        const int Levels = 100;
        var deep = new FakeFileSystem();
        for (ulong level = 1; level <= Levels; level++)
        {
            deep.With(level, File("a", level + 1000), Directory("d", level + 1), Directory("e", level + 2000), File("z", level + 3000)).With(level + 2000, File("x", level + 4000));
        }

        var (paths, way) = (new List<string>(), new Stack<string>([""]));
        await foreach (var (path, entry) in ((IGuestFileSystem)deep).WalkAsync(deep.Root, new GuestProblems(), CancellationToken.None))
        {
            paths.Add(path);
            var above = path[..(path.LastIndexOf('/') + 1)];
            while (way.Peek() != above)
            {
                Assert.That(way.Pop(), Is.Not.Empty, $"{path} comes when its directory was left");
            }

            if (entry.Kind == GuestEntryKind.Directory)
            {
                way.Push(path + "/");
            }
        }

        Assert.That((paths.Count, paths.Distinct().Count()), Is.EqualTo((Levels * 5, Levels * 5)));
        Assert.That(deep.MostListings, Is.EqualTo(GuestWalk.OpenListings + 1));
    }

    [NonParallelizable]
    [Test]
    public async Task A_deep_tree_takes_memory_by_its_depth_and_not_by_its_square()
    {
        var deep = new FakeFileSystem();
        for (ulong level = 1; level < 4000; level++)
        {
            deep.With(level, Directory("seventh", level + 1));
        }

        var before = GC.GetTotalMemory(forceFullCollection: true);
        var count = 0;
        await foreach (var (path, _) in ((IGuestFileSystem)deep).WalkAsync(deep.Root, new GuestProblems(), CancellationToken.None))
        {
            if (++count == 3990)
            {
                Assert.That(path, Has.Length.EqualTo((3990 * 8) - 1));
                Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before, Is.LessThan(32 << 20), "the paths of all levels have 128 MB");
            }
        }

        Assert.That(count, Is.EqualTo(3999));
    }

    [Test]
    public void Problems_are_counted_beyond_those_that_are_kept()
    {
        var problems = new GuestProblems();
        for (var i = 0; i < 5000; i++)
        {
            problems.Add(new GuestProblem(GuestFileErrorCodes.Damaged, "inode", $"{i}"));
        }

        Assert.That((problems.Count, problems.First.Count, problems.First[^1].Message), Is.EqualTo((5000L, 1000, "999")));
    }
}
