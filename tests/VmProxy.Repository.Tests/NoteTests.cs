using System.Text.Json.Serialization;
using VmProxy.Repository.Maintenance;

namespace VmProxy.Repository.Tests;

public sealed class NoteTests
{
    [Test]
    public async Task A_note_is_proved_with_its_name_and_kind([Values] bool encrypted)
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store, encrypted ? TestRepository.Passphrase : null);
        var notes = new NoteStore(store, repository.Keys, repository.Seal);
        await notes.PutAsync("holds/a", NoteKind.Hold, new Sample("legal"), NoteTestJson.Default.Sample, default);
        Assert.That(await notes.TryReadAsync("holds/a", NoteKind.Hold, NoteTestJson.Default.Sample, default), Is.EqualTo(new Sample("legal")));
        Assert.That(await notes.TryReadAsync("holds/b", NoteKind.Hold, NoteTestJson.Default.Sample, default), Is.Null);
        Assert.That(await notes.PutIfAbsentAsync("holds/a", NoteKind.Hold, new Sample("other"), NoteTestJson.Default.Sample, default), Is.False);

        var whole = store.Content("holds/a");
        store.Tamper("holds/b", whole);
        await ExpectDamageAsync(notes, "holds/b", NoteKind.Hold);
        await ExpectDamageAsync(notes, "holds/a", NoteKind.Trash);
        for (var position = 0; position < whole.Length; position++)
        {
            var broken = (byte[])whole.Clone();
            broken[position] ^= 1;
            store.Tamper("holds/a", broken);
            await ExpectDamageAsync(notes, "holds/a", NoteKind.Hold);
        }
    }

    static Task ExpectDamageAsync(NoteStore notes, string name, NoteKind kind)
    {
        Assert.That(async () => await notes.TryReadAsync(name, kind, NoteTestJson.Default.Sample, default), Throws.InstanceOf<RepositoryException>()
            .With.Property("Code").EqualTo(RepositoryErrorCodes.Damaged).Or.Property("Code").EqualTo(RepositoryErrorCodes.UnsupportedVersion));
        return Task.CompletedTask;
    }
}

internal sealed record Sample(string Reason);

[JsonSerializable(typeof(Sample))]
internal sealed partial class NoteTestJson : JsonSerializerContext;
