using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace VmProxy.Engine.Configuration;

/// <summary>Rules that no single value can keep on its own.</summary>
sealed partial class SettingsRules(ProxySettings settings)
{
    const int MinChunkBytes = 64 * 1024;
    const int MaxChunkBytes = 4 * 1024 * 1024;

    readonly List<ConfigurationError> _errors = [];

    public IReadOnlyList<ConfigurationError> Check()
    {
        CheckNames(settings.VCenters, vcenter => vcenter.Name, "VCenters");
        CheckNames(settings.Repositories, repository => repository.Name, "Repositories");
        CheckNames(settings.Jobs, job => job.Name, "Jobs");
        ForEach(settings.VCenters, "VCenters", Check);
        ForEach(settings.Repositories, "Repositories", Check);
        ForEach(settings.Jobs, "Jobs", Check);
        CheckTransports();
        CheckThresholds();
        CheckNames(settings.Notifications.Webhooks, webhook => webhook.Name, "Notifications:Webhooks");
        ScheduleRules.Check(settings.Service, Report);
        ScheduleRules.Check(settings.Notifications, Report);
        return _errors;
    }

    void Check(VcenterSettings vcenter, string key)
    {
        if (vcenter.Url is { } url)
        {
            if (url.UserInfo.Length > 0)
            {
                Report($"{key}:Url", null, "holds a user or password (not shown here). Use the keys User and Password");
            }
            else if (url.Scheme != Uri.UriSchemeHttps || url.Query.Length > 0 || url.Fragment.Length > 0)
            {
                Report($"{key}:Url", url.OriginalString, "must begin with https:// and have no query. Allowed: an address such as https://vcenter.example.com");
            }
        }

        if (vcenter.Thumbprint is { } thumbprint && !IsThumbprint(thumbprint))
        {
            Report($"{key}:Thumbprint", thumbprint, "not a thumbprint. Allowed: 64 (SHA-256) or 40 (SHA-1) hexadecimal digits, with or without colons");
        }

        if (vcenter.CaFile is { } caFile && vcenter.Thumbprint is not null)
        {
            Report($"{key}:CaFile", caFile, "Thumbprint is set too, and then it alone decides. Set one of the two");
        }
        else if (vcenter.CaFile is { } file && !File.Exists(file))
        {
            Report($"{key}:CaFile", file, "there is no such file. Allowed: a PEM file with the certificates of the authorities");
        }
    }

    void Check(RepositorySettings repository, string key)
    {
        CheckKey(repository, key);
        Check(repository.Keep, $"{key}:Keep");
        var chunk = repository.ChunkSize.Bytes;
        if (chunk is < MinChunkBytes or > MaxChunkBytes || !BitOperations.IsPow2(chunk))
        {
            Report($"{key}:ChunkSize", repository.ChunkSize.ToString(), "Allowed: a power of two from 64 KiB to 4 MiB");
        }

        if (repository.Path is not null && settings.Repositories.First(other => other.Path == repository.Path) is var first && first != repository)
        {
            Report($"{key}:Path", repository.Path, $"is the folder of repository '{first.Name}' too. Each needs a folder of its own");
        }
    }

    void CheckKey(RepositorySettings repository, string key)
    {
        (string Name, Secret? Secret)[] all = [("Passphrase", repository.Passphrase), ("KeyFile", repository.KeyFile), ("PaperKey", repository.PaperKey)];
        var given = all.Where(candidate => candidate.Secret is not null).ToList();
        if (repository.IsEncrypted && given.Count == 0)
        {
            Report($"{key}:Passphrase", null,
                "is missing or cannot be used (as KeyFile and PaperKey are), and Encryption is not \"none\". Allowed: env:NAME or file:PATH");
        }
        else if (!repository.IsEncrypted && given.Count > 0)
        {
            Report($"{key}:{given[0].Name}", given[0].Secret!.Reference, "is set although Encryption is \"none\". Remove one of the two");
        }
        else if (given.Count > 1)
        {
            Report($"{key}:{given[1].Name}", given[1].Secret!.Reference, $"{given[0].Name} is set too. One key opens the repository: remove one of the two");
        }
    }

    void Check(JobSettings job, string key)
    {
        CheckReference(job.VCenter, settings.VCenters, vcenter => vcenter.Name, $"{key}:VCenter", "VmProxy:VCenters");
        CheckReference(job.Repository, settings.Repositories, repository => repository.Name, $"{key}:Repository", "VmProxy:Repositories");
        Check(job.Keep, $"{key}:Keep");
        JobRules.Check(job, key, Report);
    }

    void Check(KeepSettings? keep, string key)
    {
        if (keep?.IsEmpty == true)
        {
            Report(key, null, "has no rule above 0: it would keep one point a VM. Leave Keep out to keep everything");
        }
    }

    void CheckTransports()
    {
        var order = settings.Transports.Order;
        if (order.Count == 0)
        {
            Report("VmProxy:Transports:Order", null, "names no transport, so no disk could be read");
        }

        if (order.Distinct(StringComparer.Ordinal).Count() != order.Count)
        {
            Report("VmProxy:Transports:Order", string.Join(", ", order), "names a transport twice");
        }

        HostAddressRules.Check(settings.Transports.HostAddresses, Report);
    }

    void CheckThresholds()
    {
        var (warning, critical) = (settings.Guard.FreeWarningPercent, settings.Guard.FreeCriticalPercent);
        if (critical > warning)
        {
            Report(
                "VmProxy:Guard:FreeCriticalPercent", critical.ToString(CultureInfo.InvariantCulture),
                string.Create(CultureInfo.InvariantCulture, $"is above FreeWarningPercent ({warning}). Allowed: 0 to that"));
        }
    }

    void CheckNames<T>(IReadOnlyList<T> all, Func<T, string?> nameOf, string section)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        ForEach(all, section, (item, key) =>
        {
            // A missing name has been reported by the binder.
            if (nameOf(item) is not { } name)
            {
                return;
            }

            if (!Name().IsMatch(name))
            {
                Report($"{key}:Name", name, "Allowed: 1 to 64 letters, digits, '.', '_' and '-'");
            }

            if (!seen.Add(name))
            {
                Report($"{key}:Name", name, "is there twice; names must be unique");
            }
        });
    }

    void CheckReference<T>(string? name, IReadOnlyList<T> all, Func<T, string?> nameOf, string key, string section)
    {
        var known = string.Join(", ", all.Select(nameOf));
        if (name is null ? all.Count != 1 : !all.Any(item => name.Equals(nameOf(item), StringComparison.OrdinalIgnoreCase)))
        {
            Report(key, name, known.Length == 0
                ? $"{section} is empty; configure one there"
                : (name is null ? "is missing, and the choice is open" : "is not configured") + $". Allowed: {known}");
        }
    }

    static void ForEach<T>(IReadOnlyList<T> all, string section, Action<T, string> check)
    {
        for (var i = 0; i < all.Count; i++)
        {
            check(all[i], string.Create(CultureInfo.InvariantCulture, $"VmProxy:{section}:{i}"));
        }
    }

    void Report(string key, string? value, string message) => _errors.Add(new ConfigurationError(key, value, message));

    static bool IsThumbprint(string text)
    {
        var digits = text.Where(character => character is not (':' or ' ' or '-')).ToList();
        return digits.Count is 40 or 64 && digits.All(char.IsAsciiHexDigit);
    }

    [GeneratedRegex("^[A-Za-z0-9._-]{1,64}$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
