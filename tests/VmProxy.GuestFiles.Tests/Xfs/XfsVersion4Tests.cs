using System.Text;
using VmProxy.GuestFiles.Tests.Judging;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Xfs;

/// <summary>Version 4, which today's kernel does not mount: mkfs.xfs fills it from a prototype, whose sources are the judge.</summary>
sealed class XfsVersion4Tests
{
    [TestCase("-m crc=0")]
    [TestCase("-m crc=0 -n ftype=1")]
    [TestCase("-m crc=0 -b size=512 -i size=256")]
    [TestCase("-m crc=0 -b size=1024 -n size=8192")]
    [TestCase("-m crc=0 -n size=65536 -i attr=1,projid32bit=0")]
    [TestCase("-n version=ci")]
    public async Task A_prototype_reads_as_its_sources(string options)
    {
        using var prototype = new Prototype();
        prototype.Directory("short", 3);
        prototype.Directory("block", 15);
        prototype.Directory("leaf", 200);
        prototype.Directory("node", 1500);
        // Into a version 5, mkfs.xfs writes long targets without their heads.
        prototype.Add("link", GuestEntryKind.SymbolicLink, 'l', new string('t', options.Contains("crc=0", StringComparison.Ordinal) ? 700 : 300));
        prototype.Add("near", GuestEntryKind.SymbolicLink, 'l', "t");
        prototype.Add("character", GuestEntryKind.CharacterDevice, 'c', "5 300");
        prototype.Add("pipe", GuestEntryKind.Pipe, 'p', "");
        prototype.File("file", 1_000_003);
        prototype.File("none", 0);
        using var image = await XfsImage.MakeAsync("64M", $"{options} -p {prototype.Write()}");
        await using var opened = await image.OpenAsync();
        Assert.That(opened.FileSystem.Findings, Is.Empty);
        var ours = await ReaderFacts.OfAsync(opened.FileSystem);
        Judgement.ExpectSame([.. ours.Where(facts => facts.Path.Length > 0)], prototype.Facts);
        foreach (var facts in prototype.Facts.Where((_, i) => i % 100 == 0))
        {
            var name = opened.FileSystem.Info.IgnoresCase ? facts.Path.ToUpperInvariant() : facts.Path;
            var found = await GuestPath.FindAsync(opened.FileSystem, name, followLast: false, CancellationToken.None);
            Assert.That(found?.Id, Is.EqualTo(ours.Single(mine => mine.Path == facts.Path).Id), name);
        }
    }

    [Test]
    public async Task Attributes_of_every_form_are_read()
    {
        using var prototype = new Prototype();
        prototype.File("file", 10);
        using var image = await XfsImage.MakeAsync("64M", $"-m crc=0 -p {prototype.Write()}");
        string[] small = ["-c", "attr_set -u -v 5 small", "-c", "attr_set -r -v 6 root"];
        string[] many = [.. Enumerable.Range(0, 150).SelectMany(i => new[] { "-c", $"attr_set -u -v 50 {new string('n', 60)}{i}" })];
        string[] all = ["-x", "-c", "path /file", .. small, "-c", "attr_set -s -v 20000 large", .. many, image.Path];
        await Tool.RunAsync(Tool.Require("xfs_db", "xfsprogs"), all);
        await using var opened = await image.OpenAsync();
        var file = await opened.FileSystem.FindAsync(opened.FileSystem.Root, "file", CancellationToken.None);
        var attributes = (await opened.FileSystem.ReadAttributesAsync(file!, CancellationToken.None)).ToDictionary(attribute => attribute.Name, attribute => attribute.Value);
        Assert.That(attributes, Has.Count.EqualTo(153));
        Assert.That(Encoding.ASCII.GetString(attributes["user.small"].Span), Is.EqualTo("vvvvv"));
        Assert.That(Encoding.ASCII.GetString(attributes["trusted.root"].Span), Is.EqualTo("vvvvvv"));
        Assert.That(attributes["security.large"].ToArray(), Is.EqualTo(Enumerable.Repeat((byte)'v', 20000)));
    }

    /// <summary>A prototype file of mkfs.xfs, and what it says as facts.</summary>
    sealed class Prototype : IDisposable
    {
        readonly TempFolder _folder = new();
        readonly StringBuilder _text = new("/\n0 0\nd--755 0 0\n");
        readonly List<FileFacts> _facts = [];
        readonly byte[] _bytes = new byte[1_000_003];

        public Prototype() => new Random(5).NextBytes(_bytes);

        public IReadOnlyList<FileFacts> Facts => _facts;

        public string Write()
        {
            _text.Append("$\n");
            System.IO.File.WriteAllText(_folder["prototype"], _text.ToString());
            return _folder["prototype"];
        }

        public void Directory(string name, int count)
        {
            _text.Append(name).Append(" d--750 7 8\n");
            _facts.Add(new FileFacts(name, GuestEntryKind.Directory) { Mode = 0x1E8, Owner = 7, Group = 8 });
            for (var i = 0; i < count; i++)
            {
                File($"{name}/{i}-{new string('x', i % 60)}", 1 + (i % 5));
            }

            _text.Append("$\n");
        }

        public void File(string path, int length)
        {
            var source = _folder[$"source{length}"];
            System.IO.File.WriteAllBytes(source, _bytes[..length]);
            _text.Append(path[(path.IndexOf('/') + 1)..]).Append(" -u-640 1 2 ").Append(source).Append('\n');
            _facts.Add(new FileFacts(path, GuestEntryKind.File)
            {
                Mode = 0x9A0, Owner = 1, Group = 2, Size = length, Links = 1,
                Sha256 = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(_bytes.AsSpan(0, length))),
            });
        }

        public void Add(string name, GuestEntryKind kind, char letter, string rest)
        {
            _text.Append(name).Append(' ').Append(letter).Append("--600 0 0 ").Append(rest).Append('\n');
            _facts.Add(new FileFacts(name, kind)
            {
                Mode = 0x180,
                Target = letter == 'l' ? rest : null,
                Device = letter == 'c' ? (5, 300) : null,
            });
        }

        public void Dispose() => _folder.Dispose();
    }
}
