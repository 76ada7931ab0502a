using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using VmProxy.Testing;

namespace VmProxy.Repository.Tests;

/// <summary>Repositories that earlier versions wrote are read byte for byte, by VmProxy and by the independent reader, and reading changes nothing.</summary>
public sealed class GoldenTests
{
    static string Folder => Path.Combine(PythonReader.RootFolder, "tests", "VmProxy.Repository.Tests", "Golden");

    static IEnumerable<string> Names => Directory.GetDirectories(Folder).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(Names))]
    public Task It_is_read_byte_for_byte(string name) => ExpectReadableAsync(Path.Combine(Folder, name));

    [Test]
    public void There_is_one_of_each_kind_for_version_1() => Assert.That(Names, Is.SupersetOf(new[] { "v1-encrypted", "v1-open" }));

    /// <summary>Both readers, with each key, give back what is expected of a golden repository.</summary>
    public static async Task ExpectReadableAsync(string golden)
    {
        var expected = JsonSerializer.Deserialize<Golden>(await File.ReadAllTextAsync(Path.Combine(golden, "expected.json")))!;
        using var folder = new TempFolder();
        Copy(Path.Combine(golden, "store"), folder["store"]);
        var before = Snapshot(folder["store"]);
        Assert.That(before, Is.Not.Empty);
        foreach (var key in KeysOf(expected))
        {
            await ExpectOursAsync(folder["store"], key, expected);
        }

        (string Option, string? Content)[] options = [("--passphrase-file", expected.Passphrase), ("--key-file", expected.KeyFile), ("--paper-key", expected.PaperKey)];
        foreach (var (option, content) in options.Where(option => option.Content is not null || (option.Option == "--passphrase-file" && expected.Passphrase is null)))
        {
            await File.WriteAllTextAsync(folder[option], content ?? "");
            string[] key = content is null ? [] : [option, folder[option]];
            await ExpectTheirsAsync(folder["store"], folder[$"out{option}"], expected, key);
        }

        Assert.That(Snapshot(folder["store"]), Is.EqualTo(before), "reading changes nothing");
    }

    static IEnumerable<RepositoryKey?> KeysOf(Golden golden) => golden.Passphrase is null
        ? [null]
        : [RepositoryKey.FromPassphrase(golden.Passphrase), RepositoryKey.FromKeyFile(Encoding.ASCII.GetBytes(golden.KeyFile!)), RepositoryKey.FromPaper(golden.PaperKey!)];

    static async Task ExpectOursAsync(string store, RepositoryKey? key, Golden expected)
    {
        await using var repository = await RepositoryOpening.OpenAsync(new LocalObjectStore(store), key, TimeProvider.System, TestRepository.Small, default);
        var points = await repository.ListPointsAsync(default);
        Assert.That(points.Damaged, Is.Empty);
        Assert.That(points.Select(point => point.Id), Is.EquivalentTo(expected.Points.Keys));
        foreach (var point in points)
        {
            var found = new Dictionary<string, string>();
            foreach (var disk in point.Disks)
            {
                await using var device = await repository.OpenDiskAsync(point, disk.Key, default);
                found[$"{disk.Key}.raw"] = Hash(await TestRepository.ReadAsync(device, 1 << 20));
            }

            foreach (var (blob, number) in point.Blobs.Select((blob, number) => (blob, number)))
            {
                found[$"{number}-{blob.Name}"] = Hash(await repository.ReadBlobAsync(blob, default));
            }

            Assert.That(found, Is.EquivalentTo(expected.Points[point.Id]), point.Id);
        }
    }

    static async Task ExpectTheirsAsync(string store, string target, Golden expected, string[] key)
    {
        var folder = await PythonReader.EverythingAsync(store, target, key);
        Assert.That(Directory.GetDirectories(folder).Select(Path.GetFileName), Is.EquivalentTo(expected.Points.Keys));
        foreach (var (id, files) in expected.Points)
        {
            var found = Directory.GetFiles(Path.Combine(folder, id)).ToDictionary(file => Path.GetFileName(file), file => Hash(File.ReadAllBytes(file)));
            Assert.That(found, Is.EquivalentTo(files), id);
        }
    }

    static Dictionary<string, string> Snapshot(string folder) => Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
        .ToDictionary(file => Path.GetRelativePath(folder, file), file => Hash(File.ReadAllBytes(file)));

    static void Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
