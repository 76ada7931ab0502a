namespace VmProxy.Catalog;

/// <summary>Something that the service does again and again, and when it last did.</summary>
/// <param name="Name">Its name, such as <c>backup:nightly</c>.</param>
/// <param name="BeganAt">When it last began.</param>
/// <param name="EndedAt">When that ended; null while it runs, or when the service ended in the middle of it.</param>
public sealed record ServiceTask(string Name, DateTimeOffset BeganAt, DateTimeOffset? EndedAt);
