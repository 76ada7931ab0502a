using System.Text.Json;
using System.Text.Json.Serialization;
using VmProxy.Repository;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Backup;

/// <summary>What is remembered of a disk between backups, as a property of the disk in its point.</summary>
static class DiskTracks
{
    const string Property = "track";

    public static DiskTrack? Of(PointDisk disk) =>
        disk.Properties.TryGetValue(Property, out var text) ? JsonSerializer.Deserialize(text, TrackJson.Default.DiskTrack) : null;

    public static KeyValuePair<string, string> ToProperty(DiskTrack track) =>
        new(Property, JsonSerializer.Serialize(track, TrackJson.Default.DiskTrack));
}

/// <summary>The JSON form of <see cref="DiskTrack"/>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DiskTrack))]
sealed partial class TrackJson : JsonSerializerContext;
