using System.Buffers.Binary;
using System.Text;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Tests;

/// <summary>Points that are sealed as they should be and say what no writer would: of a later or faulty program, or of somebody who has a key.</summary>
static class HostilePoint
{
    public const string Id = "20260101T000000Z-abcd";
    public const string Page = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    public static string WithMap(string map) => $$"""{"id":"{{Id}}","time":"2026-01-01T00:00:00Z","vm":{"name":"a"},"disks":[{"key":2000,"label":"a","map":{{map}}}]}""";

    public static string WithMembers(string members) => $$"""{"id":"{{Id}}","time":"2026-01-01T00:00:00Z",{{members}}}""";

    /// <summary>The object's name and bytes.</summary>
    public static (string Name, byte[] Content) Make(BackupRepository repository, string json, string id = Id)
    {
        var plain = Encoding.UTF8.GetBytes(json);
        var name = repository.Keys.PointName(id);
        var bytes = new byte[48 + plain.Length + Seal.TagLength];
        "VMPO"u8.CopyTo(bytes);
        bytes[4] = 1;
        bytes[6] = (byte)repository.Seal;
        name.Write(bytes.AsSpan(8));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(40), repository.Keys.CurrentEpoch);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(44), plain.Length);
        Seal.Protect(
            repository.Seal, repository.Keys.PointKey(repository.Keys.CurrentEpoch, default, "a point"), 0, bytes.AsSpan(0, 48).ToArray(), plain,
            bytes.AsSpan(48, plain.Length), bytes.AsSpan(48 + plain.Length));
        return ("points/" + name, bytes);
    }
}
