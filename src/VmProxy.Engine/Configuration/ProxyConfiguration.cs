using System.Collections;
using Microsoft.Extensions.Configuration;
using VmProxy.Engine.Configuration.Binding;

namespace VmProxy.Engine.Configuration;

/// <summary>A configuration that was read and found good.</summary>
public sealed class ProxyConfiguration
{
    const string RootKey = "VmProxy";
    const string FileName = "appsettings.json";
    const string SystemFile = "/etc/vmproxy/appsettings.json";
    const string EnvironmentPrefix = RootKey + "__";

    ProxyConfiguration(ProxySettings settings, string? file)
    {
        Settings = settings;
        File = file;
    }

    /// <summary>The settings.</summary>
    public ProxySettings Settings { get; }

    /// <summary>The file that was read; null when everything came from the environment.</summary>
    public string? File { get; }

    /// <summary>
    /// Reads and checks a configuration: a JSON file (comments allowed) with the root key <c>VmProxy</c>, over which environment variables
    /// <c>VmProxy__Section__0__Key</c> go. Without a path, <c>appsettings.json</c> in the working folder, then the one in <c>/etc/vmproxy</c>.
    /// </summary>
    /// <param name="path">The file; null to look in the usual places.</param>
    /// <param name="environment">Environment variables; usually <see cref="EnvironmentOfProcess"/>.</param>
    /// <param name="paperKey">Where a paper key is that opens every encrypted repository in place of its configured key; a relative file starts at the working folder.</param>
    /// <param name="needs">What the configuration is wanted for: what the rest of it lacks is no error.</param>
    /// <exception cref="ConfigurationException">It was not found, cannot be read, or has errors, all of which are named.</exception>
    public static ProxyConfiguration Load(
        string? path, IReadOnlyDictionary<string, string> environment, string? paperKey = null, ConfigurationNeeds needs = ConfigurationNeeds.Everything) =>
        Load(path, environment, [FileName, SystemFile], paperKey, needs);

    /// <summary>The environment of this process.</summary>
    public static IReadOnlyDictionary<string, string> EnvironmentOfProcess() => Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>()
        .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal);

    internal static ProxyConfiguration Load(
        string? path, IReadOnlyDictionary<string, string> environment, IReadOnlyList<string> usualPlaces, string? paperKey = null,
        ConfigurationNeeds needs = ConfigurationNeeds.Everything)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var overrides = environment
            .Where(variable => variable.Key.StartsWith(EnvironmentPrefix, StringComparison.OrdinalIgnoreCase))
            .Select(variable => KeyValuePair.Create(variable.Key.Replace("__", ":", StringComparison.Ordinal), (string?)variable.Value))
            .ToList();
        var file = Find(path, usualPlaces, overrides.Count > 0);
        var root = Read(file, overrides);
        if (paperKey is not null)
        {
            // Before anything is bound: the key in the configuration may be lost.
            root = Read(file, [.. overrides, .. PaperKeys(root, paperKey)]);
        }

        if (!root.GetSection(RootKey).Exists())
        {
            var others = root.GetChildren().Select(child => child.Key).ToList();
            throw new ConfigurationException(ConfigurationException.Invalid,
                others.Contains(RootKey, StringComparer.OrdinalIgnoreCase) ? $"{file ?? "The environment"}: {RootKey} is empty. appsettings.example.json is a complete example."
                : $"{file ?? "The environment"} has no root key {RootKey}"
                + (others.Count == 0 ? "." : $"; the nearest key there is {NearestKey.Of(RootKey, others)}."));
        }

        var binder = new SettingsBinder(environment, Path.GetDirectoryName(file) ?? Environment.CurrentDirectory);
        var settings = binder.Bind<ProxySettings>(root.GetSection(RootKey));
        // What could not be read has been named; a rule that finds it missing would only repeat it.
        var reported = binder.Errors.Select(error => error.Key).ToHashSet(StringComparer.OrdinalIgnoreCase);
        List<ConfigurationError> errors = [.. binder.Errors, .. new SettingsRules(settings).Check().Where(error => !reported.Contains(error.Key))];
        errors.RemoveAll(error => needs == ConfigurationNeeds.Repositories && OtherSections.Any(section => error.Key.StartsWith(section, StringComparison.OrdinalIgnoreCase)));
        return errors.Count == 0
            ? new ProxyConfiguration(settings, file)
            : throw new ConfigurationException(file ?? "environment", errors);
    }

    /// <summary>What the way back to the data does not need: on the day of a restore, vCenter's secret or a script of a job may be what was lost.</summary>
    static IEnumerable<string> OtherSections { get; } =
        [.. new[] { nameof(ProxySettings.VCenters), nameof(ProxySettings.Jobs), nameof(ProxySettings.Transports), nameof(ProxySettings.Service), nameof(ProxySettings.Notifications) }
            .Select(section => $"{RootKey}:{section}")];

    static IEnumerable<KeyValuePair<string, string?>> PaperKeys(IConfigurationRoot root, string reference)
    {
        var given = reference.StartsWith("file:", StringComparison.Ordinal) ? "file:" + Path.GetFullPath(reference[5..]) : reference;
        return root.GetSection($"{RootKey}:Repositories").GetChildren()
            .Where(repository => repository["Encryption"] != "none")
            .SelectMany(repository => new[]
            {
                KeyValuePair.Create($"{repository.Path}:{nameof(RepositorySettings.Passphrase)}", (string?)""),
                KeyValuePair.Create($"{repository.Path}:{nameof(RepositorySettings.KeyFile)}", (string?)""),
                KeyValuePair.Create($"{repository.Path}:{nameof(RepositorySettings.PaperKey)}", (string?)given),
            });
    }

    static string? Find(string? path, IReadOnlyList<string> usualPlaces, bool environmentSuffices)
    {
        if (path is not null)
        {
            return System.IO.File.Exists(path)
                ? Path.GetFullPath(path)
                : throw new ConfigurationException(ConfigurationException.NotFound, $"There is no configuration file '{path}' (--config).");
        }

        var found = usualPlaces.FirstOrDefault(System.IO.File.Exists);
        return found is not null || environmentSuffices
            ? found is null ? null : Path.GetFullPath(found)
            : throw new ConfigurationException(ConfigurationException.NotFound,
                $"There is no configuration: looked for {string.Join(" and ", usualPlaces.Select(Path.GetFullPath))}. "
                + "Name one with --config FILE; appsettings.example.json is a complete example.");
    }

    static IConfigurationRoot Read(string? file, IReadOnlyList<KeyValuePair<string, string?>> overrides)
    {
        var builder = new ConfigurationBuilder();
        try
        {
            if (file is not null)
            {
                using var stream = System.IO.File.OpenRead(file);
                // Loaded on its own first: the stream is read when the root is built.
                builder.AddConfiguration(new ConfigurationBuilder().AddJsonStream(stream).Build());
            }

            return builder.AddInMemoryCollection(overrides).Build();
        }
        catch (Exception exception) when (exception is FormatException or InvalidDataException or System.Text.Json.JsonException)
        {
            throw new ConfigurationException(ConfigurationException.Unreadable, $"{file} is not valid JSON: {Reason(exception)}", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException(ConfigurationException.Unreadable, $"{file} cannot be read: {exception.Message}", exception);
        }
    }

    static string Reason(Exception exception) => exception.InnerException?.Message ?? exception.Message;
}
