namespace VmProxy.Repository;

/// <summary>An expected failure of a repository: it names the object, the step and what to do next.</summary>
public sealed class RepositoryException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">One of <see cref="RepositoryErrorCodes"/>.</param>
    /// <param name="objectName">The repository, object, point or chunk.</param>
    /// <param name="message">What went wrong, naming the object and the step, and what to do next.</param>
    /// <param name="innerException">The cause.</param>
    public RepositoryException(string code, string objectName, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Code = code;
        Object = objectName;
    }

    /// <summary>A stable code, one of <see cref="RepositoryErrorCodes"/>.</summary>
    public string Code { get; }

    /// <summary>The repository, object, point or chunk that failed.</summary>
    public string Object { get; }

    /// <summary>The frame that does not prove itself, where it is one.</summary>
    internal (RandomId Pack, uint Offset)? Frame { get; init; }

    /// <summary>What is wrong with that frame, without the words around it.</summary>
    internal string? FrameProblem { get; init; }

    internal static RepositoryException Damaged(
        string objectName, string message, Exception? inner = null, (RandomId Pack, uint Offset)? frame = null, string? frameProblem = null) =>
        new(RepositoryErrorCodes.Damaged, objectName,
            $"{objectName}: {message} Points that do not use it are intact: run 'vmproxy verify' to see which do.", inner) { Frame = frame, FrameProblem = frameProblem };
}
