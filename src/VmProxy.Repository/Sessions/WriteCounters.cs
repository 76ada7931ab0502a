namespace VmProxy.Repository;

/// <summary>What a session has done so far. All in bytes, except <see cref="ObjectsWritten"/>.</summary>
/// <param name="BytesOffered">Disk content given to the session.</param>
/// <param name="BytesZero">Of these, zeros: nothing is stored for them.</param>
/// <param name="BytesDeduplicated">Of these, chunks that the repository had already.</param>
/// <param name="BytesNew">Of these, chunks that had to be stored.</param>
/// <param name="DataBytesStored">Data packs, all included.</param>
/// <param name="MetadataBytesStored">Metadata packs, index segments and the point.</param>
/// <param name="ObjectsWritten">Objects.</param>
public sealed record WriteCounters(
    long BytesOffered, long BytesZero, long BytesDeduplicated, long BytesNew, long DataBytesStored, long MetadataBytesStored, long ObjectsWritten);
