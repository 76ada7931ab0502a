namespace VmProxy.Repository;

/// <summary>The stable codes of <see cref="RepositoryException"/>. A code is never renamed.</summary>
public static class RepositoryErrorCodes
{
    /// <summary>The folder, or an object in it, does not exist.</summary>
    public const string NotFound = "REPO_NOT_FOUND";

    /// <summary>The place holds no repository.</summary>
    public const string NotARepository = "REPO_NOT_A_REPOSITORY";

    /// <summary>The passphrase opens none of the key slots.</summary>
    public const string WrongKey = "REPO_WRONG_KEY";

    /// <summary>The repository is encrypted and no passphrase was given.</summary>
    public const string KeyRequired = "REPO_KEY_REQUIRED";

    /// <summary>The key slots or the key ring are damaged or missing, so that no key, or not this one, can be tried.</summary>
    public const string KeyDamaged = "REPO_KEY_DAMAGED";

    /// <summary>What was given as a key cannot be one: a key file too short, a paper key with a typing error (the line is named).</summary>
    public const string KeyMalformed = "REPO_KEY_MALFORMED";

    /// <summary>There is no such key, or it must not be removed.</summary>
    public const string KeyRefused = "REPO_KEY_REFUSED";

    /// <summary>There is no room left for a write. Nothing of the object that was being written is visible.</summary>
    public const string NoSpace = "REPO_NO_SPACE";

    /// <summary>Stored bytes are missing or are not the ones that were written.</summary>
    public const string Damaged = "REPO_DAMAGED";

    /// <summary>There is no such restore point, disk or blob.</summary>
    public const string PointNotFound = "REPO_POINT_NOT_FOUND";

    /// <summary>The place already holds a repository.</summary>
    public const string Exists = "REPO_EXISTS";

    /// <summary>A later program wrote this repository, or a part of it, in a way that this one does not know.</summary>
    public const string UnsupportedVersion = "REPO_UNSUPPORTED_VERSION";

    /// <summary>The object store refused or failed an operation.</summary>
    public const string StoreFailed = "REPO_STORE_FAILED";

    /// <summary>The session cannot be committed, because one of its writes failed or was cancelled.</summary>
    public const string SessionFailed = "REPO_SESSION_FAILED";

    /// <summary>A writer was silent for so long that a prune closed its session, or what it referred to is gone. There is no point.</summary>
    public const string SessionExpired = "REPO_SESSION_EXPIRED";

    /// <summary>The point that a backup builds on was deleted.</summary>
    public const string BaseGone = "REPO_BASE_GONE";

    /// <summary>The point is held, so it cannot be deleted.</summary>
    public const string PointHeld = "REPO_POINT_HELD";

    /// <summary>Another process maintains the repository.</summary>
    public const string LeaseHeld = "REPO_LEASE_HELD";

    /// <summary>Another process has taken over the maintenance of the repository meanwhile.</summary>
    public const string LeaseLost = "REPO_LEASE_LOST";

    /// <summary>A prune would have to rely on something that cannot be read. Nothing was deleted.</summary>
    public const string PruneRefused = "REPO_PRUNE_REFUSED";
}
