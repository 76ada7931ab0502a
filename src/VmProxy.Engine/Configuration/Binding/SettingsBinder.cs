using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Configuration;

namespace VmProxy.Engine.Configuration.Binding;

/// <summary>
/// Fills settings classes from a configuration and collects everything that is wrong. The stock binder stops at the first bad value and
/// names no nearest key; at 3 a.m. both matter. A property with the keyword <c>required</c> is a required key.
/// </summary>
sealed class SettingsBinder(IReadOnlyDictionary<string, string> environment, string folder)
{
    readonly List<ConfigurationError> _errors = [];

    public IReadOnlyList<ConfigurationError> Errors => _errors;

    public T Bind<T>(IConfigurationSection section) => (T)BindSection(section, typeof(T));

    /// <summary>The properties that are keys: those that can be set.</summary>
    public static IEnumerable<PropertyInfo> Keys(Type type) => type.GetProperties().Where(property => property.CanWrite);

    /// <summary>The element type when the property is a list, else null.</summary>
    public static Type? ElementOf(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0] : null;

    public static bool IsSection(Type type) => type.Namespace == typeof(ProxySettings).Namespace && type.IsClass && type != typeof(Secret);

    object BindSection(IConfigurationSection section, Type type)
    {
        var settings = Activator.CreateInstance(type)!;
        var known = Keys(type).ToDictionary(property => property.Name, StringComparer.OrdinalIgnoreCase);
        if (!string.IsNullOrEmpty(section.Value))
        {
            Report(section.Path, null, $"this is a section, not a value; its keys are {string.Join(", ", known.Keys)}");
        }

        foreach (var stranger in section.GetChildren().Where(child => !known.ContainsKey(child.Key)))
        {
            // Its value is not shown: it may be a secret under a mistyped key.
            Report(stranger.Path, null, $"unknown key; the nearest known key is {section.Path}:{NearestKey.Of(stranger.Key, known.Keys)}");
        }

        foreach (var property in known.Values)
        {
            BindProperty(section.GetSection(property.Name), settings, property);
        }

        return settings;
    }

    void BindProperty(IConfigurationSection section, object settings, PropertyInfo property)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        var present = !string.IsNullOrEmpty(section.Value) || section.GetChildren().Any();
        if (!present)
        {
            if (property.IsDefined(typeof(RequiredMemberAttribute)))
            {
                Report(section.Path, null, "is missing; it must be set");
            }
        }
        else if (ElementOf(type) is { } element)
        {
            property.SetValue(settings, BindList(section, element, property));
        }
        else if (IsSection(type))
        {
            property.SetValue(settings, BindSection(section, type));
        }
        else if (BindValue(section, type, property) is { } value)
        {
            property.SetValue(settings, value);
        }
    }

    IList BindList(IConfigurationSection section, Type element, PropertyInfo property)
    {
        var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(element))!;
        if (!string.IsNullOrEmpty(section.Value))
        {
            Report(section.Path, IsHidden(element) ? null : section.Value, $"this is a list: write [ … ], or {section.Path}:0 and so on");
        }

        // The configuration itself sorts numbered keys by number.
        foreach (var child in section.GetChildren())
        {
            if (!int.TryParse(child.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                Report(child.Path, null, $"unknown key; this is a list, whose keys are numbers: the nearest known key is {section.Path}:0");
            }
            else if (IsSection(element))
            {
                list.Add(BindSection(child, element));
            }
            else if (string.IsNullOrEmpty(child.Value) && !child.GetChildren().Any())
            {
                Report(child.Path, "", "an entry of the list is empty");
            }
            else if (BindValue(child, element, property) is { } value)
            {
                list.Add(value);
            }
        }

        return list;
    }

    object? BindValue(IConfigurationSection section, Type type, PropertyInfo property)
    {
        if (section.GetChildren().Any())
        {
            Report(section.Path, null, "this is one value, not a section or list");
            return null;
        }

        if (IsHidden(type))
        {
            var secret = Secret.Resolve(section.Value!, environment, folder, out var problem);
            if (secret is null)
            {
                Report(section.Path, null, problem);
            }

            return secret;
        }

        var text = property.IsDefined(typeof(FilePathAttribute)) ? Path.GetFullPath(section.Value!, folder) : section.Value!;
        var value = ValueReader.Read(type, text, out var allowed);
        if (value is null)
        {
            // An address may carry a password.
            Report(section.Path, type == typeof(Uri) ? null : section.Value, $"not understood. Allowed: {allowed}");
        }
        else if (property.GetCustomAttribute<RangeAttribute>() is { } range && !range.IsValid(value))
        {
            Report(section.Path, section.Value, string.Create(CultureInfo.InvariantCulture, $"out of range. Allowed: {range.Minimum} to {range.Maximum}"));
        }
        else if (property.GetCustomAttribute<AllowedValuesAttribute>() is { } choice && !choice.IsValid(value))
        {
            Report(section.Path, section.Value, $"not one of the choices. Allowed: {string.Join(", ", choice.Values)}");
        }

        return value;
    }

    static bool IsHidden(Type type) => type == typeof(Secret);

    void Report(string key, string? value, string message) => _errors.Add(new ConfigurationError(key, value, message));
}
