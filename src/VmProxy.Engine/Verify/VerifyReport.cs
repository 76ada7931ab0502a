namespace VmProxy.Engine.Verify;

/// <summary>What <c>verify</c> found.</summary>
/// <param name="Level">How deep the proof went.</param>
/// <param name="Points">One row a point.</param>
public sealed record VerifyReport(string Level, IReadOnlyList<VerifiedPoint> Points);

/// <summary>The proof of one point.</summary>
/// <param name="Point">Its id.</param>
/// <param name="VirtualMachine">The VM that it is of.</param>
/// <param name="Whole">Whether every disk and file of it was read and matched its id.</param>
/// <param name="CheckedBytes">Bytes of content that were read and checked.</param>
/// <param name="Damage">What is damaged, by disk and range.</param>
public sealed record VerifiedPoint(string Point, string VirtualMachine, bool Whole, long CheckedBytes, IReadOnlyList<string> Damage);
