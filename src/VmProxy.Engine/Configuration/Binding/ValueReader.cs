using System.Globalization;

namespace VmProxy.Engine.Configuration.Binding;

/// <summary>Turns a configured text into a value of a settings property, or says what is allowed.</summary>
static class ValueReader
{
    public static object? Read(Type type, string text, out string allowed)
    {
        var invariant = CultureInfo.InvariantCulture;
        allowed = "";
        if (type == typeof(string))
        {
            return text;
        }

        if (type == typeof(bool))
        {
            return Choose(bool.TryParse(text, out var value), value, "true or false", out allowed);
        }

        if (type == typeof(int))
        {
            return Choose(int.TryParse(text, NumberStyles.AllowLeadingSign, invariant, out var value), value, "a whole number", out allowed);
        }

        if (type == typeof(double))
        {
            return Choose(double.TryParse(text, NumberStyles.Float, invariant, out var value) && double.IsFinite(value), value, "a number", out allowed);
        }

        if (type == typeof(TimeSpan))
        {
            return Choose(TimeSpan.TryParseExact(text, [@"hh\:mm\:ss", @"d\.hh\:mm\:ss"], invariant, out var value), value, "a time as hh:mm:ss", out allowed);
        }

        if (type == typeof(ByteSize))
        {
            return Choose(ByteSize.TryParse(text, out var value), value, "a size such as 65536, 64 KiB or 10 GiB", out allowed);
        }

        if (type == typeof(Uri))
        {
            return Choose(Uri.TryCreate(text, UriKind.Absolute, out var value), value, "an address such as https://vcenter.example.com", out allowed);
        }

        if (type.IsEnum)
        {
            var names = Enum.GetNames(type);
            var name = Array.Find(names, candidate => candidate.Equals(text, StringComparison.OrdinalIgnoreCase));
            return Choose(name is not null, name is null ? null : Enum.Parse(type, name),
                string.Join(", ", names.Select(candidate => candidate.ToLowerInvariant())), out allowed);
        }

        throw new NotSupportedException($"Settings of type {type} have no reader.");
    }

    static object? Choose(bool good, object? value, string expected, out string allowed)
    {
        allowed = expected;
        return good ? value : null;
    }
}
