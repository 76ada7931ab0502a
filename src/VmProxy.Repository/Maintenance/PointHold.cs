namespace VmProxy.Repository;

/// <summary>The protection of a point from being deleted.</summary>
/// <param name="Point">The point's id.</param>
/// <param name="Reason">Why, in words.</param>
/// <param name="Since">When it was held.</param>
public sealed record PointHold(string Point, string Reason, DateTimeOffset Since);
