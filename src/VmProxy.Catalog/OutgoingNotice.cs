namespace VmProxy.Catalog;

/// <summary>A notice on its way to one receiver.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Channel">Who should get it.</param>
/// <param name="Document">What is sent, as JSON.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="Attempts">How often it was tried.</param>
public sealed record OutgoingNotice(long Id, string Channel, string Document, DateTimeOffset CreatedAt, int Attempts);
