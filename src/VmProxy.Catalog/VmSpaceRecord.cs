namespace VmProxy.Catalog;

/// <summary>What a VM takes on a datastore.</summary>
/// <param name="VmMoRef">The VM's managed object reference.</param>
/// <param name="VmName">Its name.</param>
/// <param name="Bytes">Bytes of its files there.</param>
public sealed record VmSpaceRecord(string VmMoRef, string VmName, long Bytes);

/// <summary>What a VM took on a datastore on the earliest day that was asked for.</summary>
/// <param name="Datastore">The datastore's managed object reference.</param>
/// <param name="VmMoRef">The VM's managed object reference.</param>
/// <param name="Bytes">Bytes of its files there.</param>
/// <param name="Day">The day.</param>
public sealed record VmSpaceThen(string Datastore, string VmMoRef, long Bytes, DateOnly Day);
