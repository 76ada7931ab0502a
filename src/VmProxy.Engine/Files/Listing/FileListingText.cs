using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using VmProxy.Engine.Files.Targets;
using VmProxy.GuestFiles;

namespace VmProxy.Engine.Files.Listing;

/// <summary>A listing for people: a line a file, with mode, links, owner, group, size, time of change (UTC) and path.</summary>
sealed class FileListingText(Stream output, TextWriter errors) : IFileListing
{
    const int FlushAt = 64 * 1024;

    static readonly string[] Triples = ["---", "--x", "-w-", "-wx", "r--", "r-x", "rw-", "rwx"];

    readonly ArrayBufferWriter<byte> _buffer = new(FlushAt * 2);
    IReadOnlyList<GuestProblem> _findings = [];

    public ValueTask BeginAsync(GuestLocation location, CancellationToken cancellationToken)
    {
        _findings = location.FileSystem.Findings;
        return ValueTask.CompletedTask;
    }

    public ValueTask AddAsync(ListedFile file, CancellationToken cancellationToken)
    {
        Line(file);
        return _buffer.WrittenCount >= FlushAt ? FlushAsync(cancellationToken) : ValueTask.CompletedTask;
    }

    public async ValueTask EndAsync(GuestProblems problems, CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
        // Behind the files, where they are seen however many there are.
        foreach (var problem in _findings.Concat(problems.First))
        {
            await errors.WriteLineAsync($"vmproxy: {SafeNames.Printable(problem.Subject)}: {SafeNames.Printable(problem.Message)} [{problem.Code}]").ConfigureAwait(false);
        }

        if (problems.Count > problems.First.Count)
        {
            await errors.WriteLineAsync($"vmproxy: and {problems.Count - problems.First.Count} more problems.").ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await output.WriteAsync(_buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
        _buffer.ResetWrittenCount();
    }

    void Line(in ListedFile file)
    {
        var entry = file.Entry;
        Mode(entry);
        var span = _buffer.GetSpan(160);
        Utf8.TryWrite(span, CultureInfo.InvariantCulture, $" {entry.Links,3} {entry.Owner,5} {entry.Group,5} {entry.Size,12} ", out var written);
        _buffer.Advance(written);
        Time(entry.Modified);
        Text(SafeNames.Printable(file.Path));
        if (file.Target is not null)
        {
            Text(" -> ");
            Text(SafeNames.Printable(file.Target));
        }

        foreach (var stream in file.Streams)
        {
            Text(string.Create(CultureInfo.InvariantCulture, $"\n{"",42} {stream.Size,12} {"",20}{SafeNames.Printable(file.Path)}:{SafeNames.Printable(stream.Name)}"));
        }

        if (entry.Problem is { } problem)
        {
            Text($"  [{problem.Code}: {SafeNames.Printable(problem.Message)}]");
        }

        Text("\n");
    }

    void Mode(GuestEntry entry)
    {
        var span = _buffer.GetSpan(10);
        span[0] = FileWords.Letter(entry.Kind);
        if (entry.Mode is { } mode)
        {
            for (var i = 0; i < 3; i++)
            {
                Encoding.ASCII.GetBytes(Triples[(mode >> (6 - (3 * i))) & 7], span[(1 + (3 * i))..]);
            }

            Special(span, 3, (mode & 0x800) != 0, 's');
            Special(span, 6, (mode & 0x400) != 0, 's');
            Special(span, 9, (mode & 0x200) != 0, 't');
        }
        else
        {
            // What DOS knows of it, in the order of its attrib command: archive, system, hidden, read-only.
            var bits = entry.DosAttributes ?? 0;
            span[1..10].Fill((byte)' ');
            span[1] = (byte)((bits & 32) != 0 ? 'a' : '-');
            span[2] = (byte)((bits & 4) != 0 ? 's' : '-');
            span[3] = (byte)((bits & 2) != 0 ? 'h' : '-');
            span[4] = (byte)((bits & 1) != 0 ? 'r' : '-');
        }

        _buffer.Advance(10);
    }

    static void Special(Span<byte> mode, int at, bool isSet, char letter)
    {
        if (isSet)
        {
            mode[at] = (byte)(mode[at] == 'x' ? letter : char.ToUpperInvariant(letter));
        }
    }

    void Time(GuestTime? time)
    {
        var span = _buffer.GetSpan(40);
        if (time is { } known && known.ToDateTimeOffset().UtcDateTime.TryFormat(span, out var written, "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture))
        {
            span[written] = (byte)' ';
            _buffer.Advance(written + 1);
        }
        else
        {
            Text("-                   ");
        }
    }

    void Text(string text) => _buffer.Advance(Encoding.UTF8.GetBytes(text, _buffer.GetSpan(text.Length * 3)));
}
