namespace VmProxy.Cli.Output;

/// <summary>Standard output did not take what was written: results are lost, and whoever reads the exit code must learn of it.</summary>
sealed class OutputException(string message, bool isClosed, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>The stable code.</summary>
    public const string Code = "OUTPUT_FAILED";

    /// <summary>Whether the reader has gone, as <c>head</c> does when it has enough: nothing to tell anybody about.</summary>
    public bool IsClosed => isClosed;
}
