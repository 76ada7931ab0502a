using VmProxy.GuestFiles;

namespace VmProxy.Engine.Files.Listing;

/// <summary>A guest file in a listing.</summary>
/// <param name="Path">Its path from the root of the volume, with a leading slash.</param>
/// <param name="Entry">What it is.</param>
/// <param name="Target">The target of a link; null for anything else, and where it cannot be read.</param>
/// <param name="Streams">Its named streams, in listings that are not recursive.</param>
readonly record struct ListedFile(string Path, GuestEntry Entry, string? Target, IReadOnlyList<GuestStream> Streams);
