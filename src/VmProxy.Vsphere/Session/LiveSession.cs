namespace VmProxy.Vsphere;

/// <summary>One login: what dies when the server ends it. Views, filters and collectors belong to exactly one.</summary>
/// <param name="Number">Counts logins, so that a caller can say which one broke.</param>
/// <param name="Channel">The channel that holds this login's cookie.</param>
/// <param name="Client">The operations.</param>
/// <param name="Content">The server's singletons.</param>
/// <param name="Key">The server's key of the session; never logged.</param>
sealed record LiveSession(int Number, Vim.SoapChannel Channel, Vim.VimClient Client, Vim.ServiceContent Content, string Key);
