using VmProxy.Engine.Failures;
using VmProxy.Engine.Files;
using VmProxy.GuestFiles;

namespace VmProxy.Cli.Output.Files;

/// <summary>Writes a listing of guest files to standard output.</summary>
static class FileListings
{
    /// <summary>Lists a place; the exit code says whether something could not be read.</summary>
    public static async Task<int> WriteAsync(Terminal terminal, bool json, GuestDisks disks, string place, bool recursive, CancellationToken cancellationToken)
    {
        var location = await GuestLocation.ResolveAsync(disks, place, followLast: true, cancellationToken).ConfigureAwait(false);
        var output = terminal.OpenBinaryOutput();
        await using (output.ConfigureAwait(false))
        {
            var problems = new GuestProblems();
            await using IFileListing listing = json ? new FileListingJson(output) : new FileListingText(output, terminal.Errors);
            await listing.BeginAsync(location, cancellationToken).ConfigureAwait(false);
            var code = ExitCodes.Done;
            try
            {
                await foreach (var file in new FileLister(location, problems).ListAsync(recursive, cancellationToken).ConfigureAwait(false))
                {
                    await listing.AddAsync(file, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (Exception exception) when (Expected.Failure(exception, place, "list the files") is { } failure)
            {
                // What was listed stands, and the document is ended: it tells where it broke off.
                problems.Add(new GuestProblem(failure.Code, failure.Object, $"The listing broke off: {failure.Message}"));
                code = ExitCodes.Failed;
            }

            await listing.EndAsync(problems, cancellationToken).ConfigureAwait(false);
            return code == ExitCodes.Done && problems.Count > 0 ? ExitCodes.Warnings : code;
        }
    }
}
