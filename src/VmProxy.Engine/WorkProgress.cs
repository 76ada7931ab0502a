namespace VmProxy.Engine;

/// <summary>How far a long piece of work is.</summary>
/// <param name="Subject">What is worked on, such as "web01 / Hard disk 1".</param>
/// <param name="DoneBytes">Bytes dealt with.</param>
/// <param name="TotalBytes">Bytes to deal with.</param>
public readonly record struct WorkProgress(string Subject, long DoneBytes, long TotalBytes);
