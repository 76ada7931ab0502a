namespace VmProxy.Catalog;

/// <summary>What <see cref="JournalEntry.Intent"/> says where a kind of change is made with more than one aim.</summary>
public static class JournalIntents
{
    /// <summary>Change tracking is switched off and on again. Half done, it is to be switched on.</summary>
    public const string Reset = """{"reset":true}""";
}
