namespace VmProxy.Repository.Tests.Checking;

/// <summary>Whatever byte of a store changes, a check finds and names it, and no restore gives wrong bytes.</summary>
public sealed class FlippedByteTests
{
    [Test]
    [Category("Slow")]
    public async Task Every_flipped_byte_of_a_small_store_is_found_and_named([Values] bool encrypted)
    {
        var passphrase = encrypted ? TestRepository.Passphrase : null;
        var (store, contents) = await MakeAsync(passphrase);
        var missed = new List<string>();
        foreach (var name in store.Names)
        {
            var whole = store.Content(name);
            for (var position = 0; position < whole.Length; position++)
            {
                var broken = (byte[])whole.Clone();
                broken[position] ^= (byte)(1 << (position % 8));
                store.Tamper(name, broken);
                if (!await IsFoundAsync(store, passphrase, name, position))
                {
                    missed.Add($"{name}, byte {position}");
                }

                await ExpectRightBytesOrAnErrorAsync(store, passphrase, contents, $"{name}, byte {position}");
            }

            store.Tamper(name, whole);
        }

        Assert.That(missed, Is.Empty);
        await using var repository = await TestRepository.OpenAsync(store, passphrase);
        Assert.That((await repository.CheckAsync(new CheckOptions { ReadData = true }, null, default)).Findings, Is.Empty);
    }

    static async Task<(MemoryObjectStore Store, Dictionary<string, byte[]> Contents)> MakeAsync(string? passphrase)
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        var contents = new Dictionary<string, byte[]>();
        await using var repository = await TestRepository.CreateAsync(store, passphrase);
        var first = TestRepository.Content(9, 3072);
        var (point, _) = await TestRepository.WriteAsync(repository, first);
        contents[point.Id] = first;
        var second = (byte[])first.Clone();
        new Random(1).NextBytes(second.AsSpan(512, 512));
        (point, _) = await TestRepository.WriteAsync(repository, second, point.Disks[0].Map, [(512, 512)]);
        contents[point.Id] = second;
        await repository.CheckAsync(new CheckOptions { ReadData = true }, null, default);
        return (store, contents);
    }

    static async Task<bool> IsFoundAsync(MemoryObjectStore store, string? passphrase, string name, int position)
    {
        try
        {
            await using var repository = await TestRepository.OpenAsync(store, passphrase);
            var notes = store.Names.Where(other => other.StartsWith("checks/", StringComparison.Ordinal)).ToDictionary(other => other, store.Content);
            var report = await repository.CheckAsync(new CheckOptions { ReadData = true }, null, default);
            foreach (var other in store.Names.Where(other => other.StartsWith("checks/", StringComparison.Ordinal)).Except(notes.Keys))
            {
                store.Tamper(other, null);
            }

            foreach (var (other, content) in notes)
            {
                store.Tamper(other, content);
            }

            return report.Findings.Any(finding =>
                finding.Object == name && finding.Offset <= position && position < finding.Offset + finding.Length);
        }
        catch (RepositoryException error)
        {
            // Header and keys: the repository does not even open, and says so.
            return error.Code is RepositoryErrorCodes.Damaged or RepositoryErrorCodes.KeyDamaged or RepositoryErrorCodes.UnsupportedVersion or RepositoryErrorCodes.NotARepository
                && (name == "vmproxy-repository" || name.StartsWith("keys/", StringComparison.Ordinal));
        }
    }

    static async Task ExpectRightBytesOrAnErrorAsync(MemoryObjectStore store, string? passphrase, Dictionary<string, byte[]> contents, string place)
    {
        try
        {
            await using var repository = await TestRepository.OpenAsync(store, passphrase);
            foreach (var point in await repository.ListPointsAsync(default))
            {
                try
                {
                    var read = await TestRepository.ReadAsync(repository, point);
                    Assert.That(read.AsSpan().SequenceEqual(contents[point.Id]), Is.True, place);
                }
                catch (RepositoryException)
                {
                    // A typed error is as good; the other point is tried all the same.
                }
            }
        }
        catch (RepositoryException)
        {
            // It does not open, and says so.
        }
    }
}
