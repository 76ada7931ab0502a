using System.Text;

namespace VmProxy.Engine.Configuration;

/// <summary>A secret that the configuration refers to. Printing it prints the reference only.</summary>
public sealed class Secret
{
    // A key file; whatever is larger was not meant.
    const int MaxFileBytes = 64 * 1024;

    readonly byte[] _value;

    Secret(string reference, byte[] value)
    {
        Reference = reference;
        _value = value;
    }

    /// <summary>Where it is: <c>env:NAME</c> or <c>file:PATH</c>.</summary>
    public string Reference { get; }

    /// <summary>The secret itself. It goes to whom it is for, never into a message.</summary>
    public string Reveal()
    {
        using var reader = new StreamReader(new MemoryStream(_value));
        return reader.ReadToEnd();
    }

    /// <summary>The secret's bytes, for one that is no text, such as a key file.</summary>
    public ReadOnlySpan<byte> RevealBytes() => _value;

    /// <summary>The reference.</summary>
    public override string ToString() => Reference;

    /// <summary>Follows the reference that a command line gives; a relative file starts at the working folder.</summary>
    /// <param name="option">The option, for the message.</param>
    /// <param name="reference">What was given to it.</param>
    /// <exception cref="ConfigurationException">It is not a reference, or leads nowhere.</exception>
    public static Secret FromOption(string option, string reference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        return Resolve(reference, ProxyConfiguration.EnvironmentOfProcess(), Environment.CurrentDirectory, out var problem)
            ?? throw new ConfigurationException(ConfigurationException.Invalid, $"{option}: {problem.Replace("into the configuration", "on the command line", StringComparison.Ordinal)}.");
    }

    /// <summary>Follows a reference. Null, with the reason, when it is not a reference or leads nowhere.</summary>
    internal static Secret? Resolve(string reference, IReadOnlyDictionary<string, string> environment, string folder, out string problem)
    {
        problem = "";
        if (reference.StartsWith("env:", StringComparison.Ordinal))
        {
            var name = reference[4..];
            if (environment.TryGetValue(name, out var value) && value.Length > 0)
            {
                return new Secret(reference, Encoding.UTF8.GetBytes(value));
            }

            problem = $"the environment variable {name} is not set or is empty";
        }
        else if (reference.StartsWith("file:", StringComparison.Ordinal))
        {
            return FromFile(reference, Path.Combine(folder, reference[5..]), ref problem);
        }
        else
        {
            problem = "a secret is never written into the configuration (the value is not shown here). Allowed: env:NAME or file:PATH";
        }

        return null;
    }

    static Secret? FromFile(string reference, string path, ref string problem)
    {
        try
        {
            if (new FileInfo(path).Length > MaxFileBytes)
            {
                problem = $"the file '{path}' is larger than 64 KiB and so is no secret";
                return null;
            }

            // Editors end a file with a line break that is not part of the secret.
            var value = File.ReadAllBytes(path).AsSpan().TrimEnd("\r\n"u8).ToArray();
            if (value.Length > 0)
            {
                return new Secret(reference, value);
            }

            problem = $"the file '{path}' is empty";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            problem = $"the file '{path}' cannot be read ({exception.Message})";
        }

        return null;
    }
}
