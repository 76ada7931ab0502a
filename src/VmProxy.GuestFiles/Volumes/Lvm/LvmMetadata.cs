namespace VmProxy.GuestFiles;

/// <summary>One version of a volume group's metadata.</summary>
/// <param name="GroupName">The group's name.</param>
/// <param name="GroupUuid">Its identity, without dashes.</param>
/// <param name="Sequence">The higher, the newer.</param>
/// <param name="Group">The group's section.</param>
sealed record LvmMetadata(string GroupName, string GroupUuid, long Sequence, LvmSection Group)
{
    /// <summary>Reads a text; <paramref name="name"/> is the physical volume that has it.</summary>
    /// <exception cref="GuestFileException">It is not what it should be.</exception>
    public static LvmMetadata Parse(ReadOnlySpan<byte> text, string name)
    {
        var root = LvmText.Parse(text, name);
        var (groupName, group) = root.Sections.Find(section => section.Section.Number("seqno") is not null);
        return group?.Text("id") is { } uuid && IsName(groupName)
            ? new LvmMetadata(groupName, Plain(uuid), group.Number("seqno") ?? 0, group)
            : throw GuestFileException.Damaged(name, $"The metadata of {name} names no volume group.");
    }

    /// <summary>An identity without the dashes that the text has and the label has not.</summary>
    public static string Plain(string uuid) => uuid.Replace("-", "", StringComparison.Ordinal);

    /// <summary>Whether LVM2 allows the name (lvm(8), "VALID NAMES").</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= 128 && name is not ("." or "..") && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '+' or '-');
}
