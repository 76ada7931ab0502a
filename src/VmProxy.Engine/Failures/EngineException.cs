namespace VmProxy.Engine.Failures;

/// <summary>An expected failure that ends a job or a part of it.</summary>
public sealed class EngineException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="failure">What happened.</param>
    /// <param name="innerException">The cause.</param>
    public EngineException(Failure failure, Exception? innerException = null)
        : base(failure.ToString(), innerException) => Failure = failure;

    /// <summary>Creates the exception from the parts of a <see cref="Failures.Failure"/>.</summary>
    public EngineException(string code, string obj, string step, string message, string next)
        : this(new Failure(code, obj, step, message, next))
    {
    }

    /// <summary>What happened.</summary>
    public Failure Failure { get; }
}
