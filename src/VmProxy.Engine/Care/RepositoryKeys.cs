using System.Globalization;
using VmProxy.Engine.Sessions;
using VmProxy.Repository;

namespace VmProxy.Engine.Care;

/// <summary>Who may open a repository: passphrases, key files and paper keys.</summary>
/// <param name="session">What it works with.</param>
public sealed class RepositoryKeys(ProxySession session)
{
    /// <summary>Lists the keys.</summary>
    /// <exception cref="RepositoryException">The repository cannot be opened.</exception>
    public async Task<RepositoryKeysReport> ListAsync(string? name, CancellationToken cancellationToken)
    {
        var opened = await OpenAsync(name, cancellationToken).ConfigureAwait(false);
        var list = await opened.Repository.KeyAdministration.ListAsync(cancellationToken).ConfigureAwait(false);
        return new RepositoryKeysReport(opened.Settings.Name, opened.Repository.Id, opened.Repository.IsEncrypted, list.Epochs, [.. list.Keys.Select(RepositoryKeyEntry.Of)]);
    }

    /// <summary>Adds a passphrase or key file beside the others.</summary>
    /// <exception cref="RepositoryException">REPO_KEY_REFUSED, REPO_KEY_MALFORMED, or the repository cannot be opened.</exception>
    public async Task<RepositoryKeyChanged> AddAsync(string? name, GivenKey key, string label, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        var opened = await OpenAsync(name, cancellationToken).ConfigureAwait(false);
        return Changed(opened, await opened.Repository.KeyAdministration.AddAsync(key.Key, label, session.Parts.PassphraseCost, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Puts another key in the place of the one that the configuration names.</summary>
    /// <exception cref="RepositoryException">REPO_KEY_REFUSED, REPO_KEY_MALFORMED, or the repository cannot be opened.</exception>
    public async Task<RepositoryKeyChanged> ReplaceAsync(string? name, GivenKey key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        var opened = await OpenAsync(name, cancellationToken).ConfigureAwait(false);
        return Changed(opened, await opened.Repository.KeyAdministration.ReplaceAsync(key.Key, session.Parts.PassphraseCost, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Removes a key.</summary>
    /// <param name="name">Name of the repository, or null for the only one.</param>
    /// <param name="id">The key's id, or a unique beginning of it.</param>
    /// <param name="others">To renew the master key as well: every remaining key beside the configured one. Null does not renew it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="RepositoryException">REPO_KEY_REFUSED, or the repository cannot be opened.</exception>
    public async Task<RepositoryKeyChanged> RemoveAsync(
        string? name, string id, IReadOnlyList<GivenKey>? others, CancellationToken cancellationToken)
    {
        var opened = await OpenAsync(name, cancellationToken).ConfigureAwait(false);
        var keys = opened.Repository.KeyAdministration;
        return Changed(opened, others is null
            ? await keys.RemoveAsync(id, cancellationToken).ConfigureAwait(false)
            : await keys.RemoveAndRenewAsync(id, [.. others.Select(other => other.Key)], session.Parts.PassphraseCost, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Begins a new epoch: what is written from now on is sealed with a new secret.</summary>
    /// <exception cref="RepositoryException">REPO_KEY_REFUSED, or the repository cannot be opened.</exception>
    public async Task<RepositoryKeyRotated> RotateAsync(string? name, CancellationToken cancellationToken)
    {
        var opened = await OpenAsync(name, cancellationToken).ConfigureAwait(false);
        return new RepositoryKeyRotated(opened.Settings.Name, await opened.Repository.KeyAdministration.RotateAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Makes a paper key and gives the sheet to print. It is kept nowhere.</summary>
    /// <exception cref="RepositoryException">REPO_KEY_REFUSED, or the repository cannot be opened.</exception>
    public async Task<PaperKeyExported> ExportPaperAsync(string? name, string label, CancellationToken cancellationToken)
    {
        var opened = await OpenAsync(name, cancellationToken).ConfigureAwait(false);
        var paper = await opened.Repository.KeyAdministration.AddPaperKeyAsync(label, cancellationToken).ConfigureAwait(false);
        return new PaperKeyExported(opened.Settings.Name, RepositoryKeyEntry.Of(paper.Key), paper.Lines, Sheet(opened, paper));
    }

    static RepositoryKeyChanged Changed(OpenedRepository opened, RepositoryKeyInfo key) => new(opened.Settings.Name, RepositoryKeyEntry.Of(key));

    static string Sheet(OpenedRepository opened, PaperKeySheet paper) => string.Create(CultureInfo.InvariantCulture, $"""
        VMPROXY PAPER KEY. Who has it can read every backup in this repository.

          Repository  {opened.Repository.Id}
          Name        {opened.Settings.Name}, at {opened.Settings.Path}
          Key         {paper.Key.Id}
          Made        {paper.Key.Created:yyyy-MM-dd HH:mm} UTC

            {string.Join("\n    ", paper.Lines)}

        To use it, type the six numbered lines into a text file, in capitals or not, with or
        without dashes, and run for example

            vmproxy --paper-key file:PATH points

        The last group of each line is a check: a typing error is reported with its line.
        Take the key away with 'vmproxy repo keys remove {paper.Key.Id[..8]}'. Keep this sheet where
        the repository is not. The folder keys/ of the repository is needed too.

        """);

    Task<OpenedRepository> OpenAsync(string? name, CancellationToken cancellationToken) =>
        session.RepositoryAsync(session.Settings.FindRepository(name), cancellationToken);
}
