namespace VmProxy.GuestFiles;

/// <summary>Something that is wrong, or doubtful, with one object of a guest's disk.</summary>
/// <param name="Code">One of <see cref="GuestFileErrorCodes"/>.</param>
/// <param name="Subject">The object: a path, an inode, a partition.</param>
/// <param name="Message">What is wrong, naming the structure, in a sentence.</param>
public sealed record GuestProblem(string Code, string Subject, string Message)
{
    /// <summary>Whether the object can be used all the same.</summary>
    public bool IsWarning { get; init; }

    /// <summary>The exception that says the same.</summary>
    public GuestFileException ToException() => new(Code, Subject, Message);
}
