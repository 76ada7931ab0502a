using System.Globalization;

namespace VmProxy.Engine.Configuration;

/// <summary>The configuration cannot be used. It carries everything that is wrong, not only the first finding.</summary>
public sealed class ConfigurationException : Exception
{
    /// <summary>There is no configuration where it was looked for.</summary>
    public const string NotFound = "CONFIG_NOT_FOUND";

    /// <summary>The file cannot be read, or is not JSON.</summary>
    public const string Unreadable = "CONFIG_UNREADABLE";

    /// <summary>Keys are unknown, missing, or hold values that are not allowed.</summary>
    public const string Invalid = "CONFIG_INVALID";

    /// <summary>Creates the exception for a configuration that could not be read at all.</summary>
    /// <param name="code">One of the constants of this class.</param>
    /// <param name="message">What went wrong, naming the file, and what to do next.</param>
    /// <param name="innerException">The cause.</param>
    public ConfigurationException(string code, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Code = code;
        Errors = [];
    }

    /// <summary>Creates the exception for keys that are wrong.</summary>
    /// <param name="source">Where the configuration came from.</param>
    /// <param name="errors">Every finding.</param>
    public ConfigurationException(string source, IReadOnlyList<ConfigurationError> errors)
        : base(Describe(source, errors))
    {
        Code = Invalid;
        Errors = errors;
    }

    /// <summary>A stable code: one of the constants of this class.</summary>
    public string Code { get; }

    /// <summary>Every finding, in the order of the file; empty when nothing could be read.</summary>
    public IReadOnlyList<ConfigurationError> Errors { get; }

    static string Describe(string source, IReadOnlyList<ConfigurationError> errors) => string.Create(
        CultureInfo.InvariantCulture,
        $"The configuration ({source}) has {errors.Count} error{(errors.Count == 1 ? "" : "s")}:{string.Concat(errors.Select(error => "\n  " + error))}");
}

/// <summary>One wrong key.</summary>
/// <param name="Key">The key's full path, such as <c>VmProxy:VCenters:0:Url</c>.</param>
/// <param name="Value">What it holds; null when it holds nothing, or what must not be printed.</param>
/// <param name="Message">What is wrong with it and what is allowed.</param>
public sealed record ConfigurationError(string Key, string? Value, string Message)
{
    /// <summary>Key, value and message in one line.</summary>
    public override string ToString() => Value is null ? $"{Key}: {Message}" : $"{Key} = '{Value}': {Message}";
}
