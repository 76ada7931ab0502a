using System.Globalization;

namespace VmProxy.Blocks.Vmdk;

/// <summary>Reads the descriptor's lines: comments, key=value, extents. Every complaint names the line.</summary>
sealed class VmdkDescriptorParser(string name)
{
    const string Title = "# Disk DescriptorFile";
    const string DatabasePrefix = "ddb.";
    const int MaxExtents = 4096;
    const int NewestVersion = 4;

    readonly Dictionary<string, (string Value, int Line)> _header = new(StringComparer.OrdinalIgnoreCase);
    readonly List<KeyValuePair<string, string>> _otherKeys = [];
    readonly List<KeyValuePair<string, string>> _database = [];
    readonly List<VmdkExtent> _extents = [];
    long _sectors;

    public VmdkDescriptor Parse(string text)
    {
        if (text.Length > VmdkDescriptor.MaxBytes)
        {
            throw Invalid($"it has {text.Length} characters, more than any descriptor");
        }

        var lines = text.Split('\n');
        if (!lines[0].TrimStart('\uFEFF').TrimStart().StartsWith(Title, StringComparison.OrdinalIgnoreCase))
        {
            throw Invalid(text.Length == 0 ? "it is empty" : $"line 1 is not '{Title}'");
        }

        for (var i = 1; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (line.Length > 0 && line[0] != '#')
            {
                ParseLine(line, i + 1);
            }
        }

        return Build();
    }

    void ParseLine(string line, int number)
    {
        if (VmdkExtentLine.TryParse(line, out var extent, out var error))
        {
            _sectors += extent.Sectors;
            if (_sectors > long.MaxValue / VmdkDescriptor.SectorSize || _sectors < 0 || _extents.Count == MaxExtents)
            {
                throw Invalid($"line {number}: there are too many or too long extents");
            }

            _extents.Add(extent);
            return;
        }

        if (error is not null)
        {
            throw Invalid($"line {number}: extent: {error}");
        }

        var equals = line.IndexOf('=', StringComparison.Ordinal);
        var key = equals < 0 ? "" : line[..equals].Trim();
        if (key.Length == 0)
        {
            throw Invalid($"line {number} is neither key=value nor an extent");
        }

        AddKey(key, Unquote(key, line[(equals + 1)..].Trim(), number), number);
    }

    void AddKey(string key, string value, int number)
    {
        if (key.StartsWith(DatabasePrefix, StringComparison.OrdinalIgnoreCase))
        {
            _database.Add(new(key[DatabasePrefix.Length..], value));
        }
        else if (_header.TryGetValue(key, out var earlier))
        {
            throw Invalid($"line {number}: key '{key}' was given in line {earlier.Line} already");
        }
        else
        {
            _header.Add(key, (value, number));
            if (!VmdkDescriptorKeys.All.Contains(key))
            {
                _otherKeys.Add(new(key, value));
            }
        }
    }

    string Unquote(string key, string value, int number)
    {
        if (!value.StartsWith('"'))
        {
            return value;
        }

        return value.Length >= 2 && value.IndexOf('"', 1) == value.Length - 1
            ? value[1..^1]
            : throw Invalid($"line {number}: the quoted value of key '{key}' does not end, or ends too early");
    }

    VmdkDescriptor Build()
    {
        var descriptor = new VmdkDescriptor
        {
            Version = Version(),
            Cid = ContentId(VmdkDescriptorKeys.Cid),
            ParentCid = ContentId(VmdkDescriptorKeys.ParentCid),
            CreateType = Required(VmdkDescriptorKeys.CreateType).Value,
            ParentFileNameHint = Optional(VmdkDescriptorKeys.ParentFileNameHint),
            ChangeTrackPath = Optional(VmdkDescriptorKeys.ChangeTrackPath),
            Extents = _extents,
            DiskDatabase = _database,
            OtherKeys = _otherKeys,
        };
        if (_extents.Count == 0)
        {
            throw Invalid("it has no extent line");
        }

        return descriptor.HasParent && string.IsNullOrEmpty(descriptor.ParentFileNameHint)
            ? throw Invalid($"it has a parent ({VmdkDescriptorKeys.ParentCid}) but no key '{VmdkDescriptorKeys.ParentFileNameHint}'")
            : descriptor;
    }

    int Version()
    {
        var (value, line) = Required(VmdkDescriptorKeys.Version);
        if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var version) || version == 0)
        {
            throw Invalid($"line {line}: key '{VmdkDescriptorKeys.Version}' has the value '{value}', which is not a version");
        }

        return version <= NewestVersion
            ? version
            : throw new BlockDeviceException(
                BlockErrorCodes.DescriptorUnsupported,
                name,
                $"VMDK descriptor '{name}', line {line}: format version {version} is newer than this program knows ({NewestVersion}).");
    }

    uint ContentId(string key)
    {
        var (value, line) = Required(key);
        return value.Length <= 8 && uint.TryParse(value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id)
            ? id
            : throw Invalid($"line {line}: key '{key}' has the value '{value}', which is not a content id of 8 hexadecimal digits");
    }

    (string Value, int Line) Required(string key) =>
        _header.TryGetValue(key, out var found) ? found : throw Invalid($"key '{key}' is missing");

    string? Optional(string key) => _header.TryGetValue(key, out var found) ? found.Value : null;

    BlockDeviceException Invalid(string reason) => new(
        BlockErrorCodes.DescriptorInvalid,
        name,
        $"VMDK descriptor '{name}' is damaged or cut off: {reason}. Compare it with its backup or with the disk's settings in vCenter.");
}
