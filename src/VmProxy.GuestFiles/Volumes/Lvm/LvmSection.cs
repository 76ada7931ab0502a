namespace VmProxy.GuestFiles;

/// <summary>A section of LVM2's metadata text: names with values, which are numbers, texts, lists or sections.</summary>
sealed class LvmSection
{
    readonly Dictionary<string, object> _values = new(StringComparer.Ordinal);

    /// <summary>The sections in it, in the order of the text.</summary>
    public List<(string Name, LvmSection Section)> Sections { get; } = [];

    /// <summary>Adds a value; of two with one name the first counts.</summary>
    public void Add(string name, object value)
    {
        if (_values.TryAdd(name, value) && value is LvmSection section)
        {
            Sections.Add((name, section));
        }
    }

    /// <summary>The section of that name, or null.</summary>
    public LvmSection? Section(string name) => _values.GetValueOrDefault(name) as LvmSection;

    /// <summary>The text of that name, or null.</summary>
    public string? Text(string name) => _values.GetValueOrDefault(name) as string;

    /// <summary>The number of that name, or null.</summary>
    public long? Number(string name) => _values.GetValueOrDefault(name) as long?;

    /// <summary>The list of that name; empty for none. A single value is a list of one.</summary>
    public IReadOnlyList<object> List(string name) => _values.GetValueOrDefault(name) switch
    {
        List<object> list => list,
        null or LvmSection => [],
        var one => [one],
    };

    /// <summary>Whether a list has the word, such as a status.</summary>
    public bool Has(string list, string word) => List(list).Contains(word);
}
