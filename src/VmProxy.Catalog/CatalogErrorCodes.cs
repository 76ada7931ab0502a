namespace VmProxy.Catalog;

/// <summary>The stable codes of <see cref="CatalogException"/>. A code is never renamed.</summary>
public static class CatalogErrorCodes
{
    /// <summary>The file was written by a later version of the program.</summary>
    public const string Newer = "CATALOG_NEWER";

    /// <summary>The file is not a catalog, or its content is damaged.</summary>
    public const string Damaged = "CATALOG_DAMAGED";

    /// <summary>Another process held the catalog for longer than we wait.</summary>
    public const string Busy = "CATALOG_BUSY";

    /// <summary>The file or its folder cannot be opened, read or written.</summary>
    public const string Unavailable = "CATALOG_UNAVAILABLE";

    /// <summary>There is no room left where the catalog lies.</summary>
    public const string NoSpace = "CATALOG_NO_SPACE";

    /// <summary>The run no longer owns what it wants to change: it ended, or a janitor took over.</summary>
    public const string LeaseLost = "CATALOG_LEASE_LOST";

    /// <summary>A journal entry is not in the state that the step needs.</summary>
    public const string JournalState = "CATALOG_JOURNAL_STATE";
}
