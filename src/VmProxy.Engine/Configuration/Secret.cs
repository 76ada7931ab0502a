namespace VmProxy.Engine.Configuration;

/// <summary>A secret that the configuration refers to. Printing it prints the reference only.</summary>
public sealed class Secret
{
    // A key file; whatever is larger was not meant.
    const int MaxFileBytes = 64 * 1024;

    readonly string _value;

    Secret(string reference, string value)
    {
        Reference = reference;
        _value = value;
    }

    /// <summary>Where it is: <c>env:NAME</c> or <c>file:PATH</c>.</summary>
    public string Reference { get; }

    /// <summary>The secret itself. It goes to whom it is for, never into a message.</summary>
    public string Reveal() => _value;

    /// <summary>The reference.</summary>
    public override string ToString() => Reference;

    /// <summary>Follows a reference. Null, with the reason, when it is not a reference or leads nowhere.</summary>
    internal static Secret? Resolve(string reference, IReadOnlyDictionary<string, string> environment, string folder, out string problem)
    {
        problem = "";
        if (reference.StartsWith("env:", StringComparison.Ordinal))
        {
            var name = reference[4..];
            if (environment.TryGetValue(name, out var value) && value.Length > 0)
            {
                return new Secret(reference, value);
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
            var value = File.ReadAllText(path).TrimEnd('\r', '\n');
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
