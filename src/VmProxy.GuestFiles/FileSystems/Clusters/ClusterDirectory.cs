using System.Runtime.CompilerServices;

namespace VmProxy.GuestFiles;

/// <summary>Lists a directory that lies in clusters, as far as it can be read.</summary>
static class ClusterDirectory
{
    /// <summary>Bytes of a slot.</summary>
    public const int SlotSize = 32;

    /// <summary>The entries that a parser makes of the directory's slots.</summary>
    /// <param name="reader">The volume.</param>
    /// <param name="pieces">Where the directory lies.</param>
    /// <param name="problem">Why its chain breaks off behind these pieces, or null.</param>
    /// <param name="subject">The directory, as the subject of errors.</param>
    /// <param name="parser">Makes the entries.</param>
    /// <param name="problems">Takes what cannot be read.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    public static async IAsyncEnumerable<GuestEntry> ListAsync(
        GuestReader reader, IEnumerable<ContentPiece> pieces, GuestProblem? problem, string subject, IDirectoryParser parser, GuestProblems problems,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var chunks = DirectoryChunks.ReadAsync(reader, pieces, subject, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (!parser.IsAtEnd)
        {
            try
            {
                if (!await chunks.MoveNextAsync().ConfigureAwait(false))
                {
                    break;
                }
            }
            catch (GuestFileException exception)
            {
                problem = exception.ToProblem();
                break;
            }

            var (place, bytes) = chunks.Current;
            for (var at = 0; at <= bytes.Length - SlotSize && !parser.IsAtEnd; at += SlotSize)
            {
                if (parser.Next(bytes.Span.Slice(at, SlotSize), place + at, problems) is { } entry)
                {
                    yield return entry;
                }
            }
        }

        if (problem is not null && !parser.IsAtEnd)
        {
            problems.Add(problem with { Subject = subject, Message = $"The directory {subject} cannot be read to its end. {problem.Message}" });
        }
    }

    /// <summary>Goes on only with a directory whose place is known.</summary>
    /// <exception cref="GuestFileException">It is none, or its entry is damaged.</exception>
    public static GuestEntry Require(GuestEntry directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        return directory.Kind != GuestEntryKind.Directory
            ? throw new GuestFileException(GuestFileErrorCodes.NotADirectory, directory.Name, $"{directory.Name} is no directory.")
            : directory.Problem is { IsWarning: false } problem ? throw problem.ToException()
            : directory;
    }

    /// <summary>Goes on only with a file whose place is known.</summary>
    /// <exception cref="GuestFileException">It is none, or its entry is damaged.</exception>
    public static GuestEntry RequireFile(GuestEntry file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return file.Kind != GuestEntryKind.File
            ? throw new GuestFileException(GuestFileErrorCodes.NotAFile, file.Name, $"{file.Name} is no file.")
            : file.Problem is { IsWarning: false } problem ? throw problem.ToException()
            : file;
    }

    /// <summary>The entry of that name, among those that a listing gives.</summary>
    /// <exception cref="GuestFileException">There is none, and part of the directory could not be read.</exception>
    public static async ValueTask<GuestEntry?> FindAsync(
        IGuestFileSystem fileSystem, GuestEntry directory, Func<GuestEntry, bool> isIt, CancellationToken cancellationToken)
    {
        var problems = new GuestProblems();
        await foreach (var entry in fileSystem.ListAsync(directory, problems, cancellationToken).ConfigureAwait(false))
        {
            if (isIt(entry))
            {
                return entry;
            }
        }

        return problems.First is [var problem, ..] ? throw problem.ToException() : null;
    }
}
