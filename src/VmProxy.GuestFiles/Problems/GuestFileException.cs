namespace VmProxy.GuestFiles;

/// <summary>An expected failure while a guest's disk is read: it names the object and the structure.</summary>
public sealed class GuestFileException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">One of <see cref="GuestFileErrorCodes"/>.</param>
    /// <param name="subject">The object: a path, an inode, a partition.</param>
    /// <param name="message">What went wrong, naming the structure, in a sentence.</param>
    /// <param name="innerException">The cause.</param>
    public GuestFileException(string code, string subject, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Code = code;
        Subject = subject;
    }

    /// <summary>A stable code, one of <see cref="GuestFileErrorCodes"/>.</summary>
    public string Code { get; }

    /// <summary>The object that it concerns.</summary>
    public string Subject { get; }

    /// <summary>The same as a problem that others are told of while work goes on.</summary>
    public GuestProblem ToProblem() => new(Code, Subject, Message);

    /// <summary>A structure that cannot be right.</summary>
    /// <param name="subject">The object, such as "inode 12".</param>
    /// <param name="message">What is wrong with which structure.</param>
    public static GuestFileException Damaged(string subject, string message) => new(GuestFileErrorCodes.Damaged, subject, message);

    /// <summary>A form that is recognised and not read.</summary>
    /// <param name="subject">The object, such as "inode 12" or "partition 2".</param>
    /// <param name="message">Which form it has.</param>
    public static GuestFileException Unsupported(string subject, string message) => new(GuestFileErrorCodes.Unsupported, subject, message);
}
