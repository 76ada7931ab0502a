using System.Buffers.Binary;
using System.Security.Cryptography;
using VmProxy.Testing;

namespace VmProxy.Repository.Tests;

/// <summary>The independent reader names what is hostile or broken and reads the rest.</summary>
public sealed class PythonReaderDamageTests
{
    [Test]
    public async Task One_broken_point_is_named_and_the_others_are_listed()
    {
        using var folder = new TempFolder();
        var store = new LocalObjectStore(folder["store"]);
        await using var repository = await TestRepository.CreateAsync(store, null);
        var (good, _) = await TestRepository.WriteAsync(repository, TestRepository.Content(1, 4096));
        string[] broken =
        [
            "{\"id\":", "[]", "null", HostilePoint.WithMembers("\"vm\":null"), HostilePoint.WithMembers("\"vm\":{},\"disks\":[null]"),
            HostilePoint.WithMembers("\"vm\":{},\"disks\":7"), HostilePoint.WithMembers("\"vm\":{},\"blobs\":[{\"name\":\"a\",\"length\":1,\"chunks\":[\"zz\"]}]"),
        ];
        foreach (var json in broken)
        {
            var (name, content) = HostilePoint.Make(repository, json);
            await File.WriteAllBytesAsync(Path.Combine(folder["store"], name), content);
            var (code, output, errors) = await PythonReader.RunAsync(folder["store"], "points");
            Assert.That(code, Is.EqualTo(1), json);
            Assert.That(output, Does.StartWith(good.Id), json);
            Assert.That(errors, Does.Contain($"damaged: {name}").And.Not.Contain("Traceback"), json);
        }
    }

    [Test]
    public async Task A_frame_that_embeds_another_size_is_not_unpacked()
    {
        var (code, output, errors) = await PythonReader.ScriptAsync("""
            import resource, zstandard
            from repository_reader.primitives import decompress, Damage
            bomb = zstandard.ZstdCompressor(write_content_size=True).compress(bytes(1 << 28))
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            claim = bytes.fromhex("28b52ffd") + bytes([0xE0]) + (1 << 50).to_bytes(8, "little") + bytes([1, 0, 0])
            for payload in bomb, claim, b"no frame":
                try:
                    decompress(1, payload, 100, "x")
                except Damage:
                    print("damage")
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10)
            plain = zstandard.ZstdCompressor(write_content_size=False).compress(b"abc" * 100)
            print(decompress(1, plain, 300, "x") == b"abc" * 100)
            """);
        Assert.That((code, output.Split('\n', StringSplitOptions.RemoveEmptyEntries)), Is.EqualTo((0, new[] { "damage", "damage", "damage", "True", "True" })), errors);
    }

    [Test]
    public async Task A_slot_with_an_odd_cost_is_passed_over()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["passphrase"], TestRepository.Passphrase);
        await File.WriteAllTextAsync(folder["wrong"], "wrong");
        await using (await TestRepository.CreateAsync(new LocalObjectStore(folder["store"])))
        {
        }

        var slots = Path.Combine(folder["store"], "keys", "slots");
        var slot = await File.ReadAllBytesAsync(Directory.GetFiles(slots).Single());
        BinaryPrimitives.WriteInt32LittleEndian(slot.AsSpan(40), 7);
        SHA256.HashData(slot.AsSpan(0, 200), slot.AsSpan(200));
        await File.WriteAllBytesAsync(Path.Combine(slots, new string('0', 32)), slot);
        var (code, _, errors) = await PythonReader.RunAsync(folder["store"], "--passphrase-file", folder["passphrase"], "points");
        Assert.That((code, errors), Is.EqualTo((0, "")));
        (code, _, errors) = await PythonReader.RunAsync(folder["store"], "--passphrase-file", folder["wrong"], "points");
        Assert.That(code, Is.EqualTo(1));
        Assert.That(errors, Does.Contain("1 slots are damaged").And.Not.Contain("Traceback"));
    }

    [Test]
    public async Task Trash_counts_that_is_seen_before_the_points_alone()
    {
        using var folder = new TempFolder();
        await using var repository = await TestRepository.CreateAsync(new LocalObjectStore(folder["store"]), null);
        var (point, _) = await TestRepository.WriteAsync(repository, TestRepository.Content(1, 4096));
        await repository.DeletePointAsync(point.Id, default);

        // A prune that removes the point and its marker after the point was read.
        var (code, output, errors) = await PythonReader.ScriptAsync($"""
            import os, shutil
            from repository_reader.repository import Repository
            repository = Repository("{folder["store"]}", None, False)
            read = repository.point
            def removed(name):
                point = read(name)
                shutil.rmtree(os.path.join("{folder["store"]}", "trash"))
                return point
            repository.point = removed
            print(repository.points())
            """);
        Assert.That((code, output.Trim()), Is.EqualTo((0, "({}, [])")), errors);
    }
}
