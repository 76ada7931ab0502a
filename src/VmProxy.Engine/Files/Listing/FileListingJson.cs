using System.Globalization;
using System.Text;
using System.Text.Json;
using VmProxy.GuestFiles;

namespace VmProxy.Engine.Files.Listing;

/// <summary>
/// A listing for programs: one JSON document, written as it comes. Modes are octal text, times ISO 8601 UTC with nanoseconds. A byte of a name that is no text is the escape \udc80 to \udcff, as
/// Python's os.fsencode takes it back.
/// </summary>
sealed class FileListingJson(Stream output) : IFileListing
{
    const int FlushAt = 64 * 1024;

    readonly Utf8JsonWriter _writer = new(output, new JsonWriterOptions { SkipValidation = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public ValueTask BeginAsync(GuestLocation location, CancellationToken cancellationToken)
    {
        _writer.WriteStartObject();
        _writer.WriteString("volume", location.Volume.Name);
        _writer.WriteString("fileSystem", location.FileSystem.Info.Kind);
        Problems("findings", location.FileSystem.Findings);
        _writer.WriteStartArray("files");
        return ValueTask.CompletedTask;
    }

    public async ValueTask AddAsync(ListedFile file, CancellationToken cancellationToken)
    {
        Write(file);
        if (_writer.BytesPending >= FlushAt)
        {
            await _writer.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask EndAsync(GuestProblems problems, CancellationToken cancellationToken)
    {
        _writer.WriteEndArray();
        Problems("problems", problems.First);
        _writer.WriteNumber("problemCount", problems.Count);
        _writer.WriteEndObject();
        await _writer.FlushAsync(cancellationToken).ConfigureAwait(false);
        await output.WriteAsync("\n"u8.ToArray(), cancellationToken).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => _writer.DisposeAsync();

    void Write(in ListedFile file)
    {
        var entry = file.Entry;
        _writer.WriteStartObject();
        Name("path", file.Path);
        _writer.WriteString("type", FileWords.Word(entry.Kind));
        _writer.WriteNumber("size", entry.Size);
        Time("modified", entry.Modified);
        Time("accessed", entry.Accessed);
        Time("changed", entry.Changed);
        Time("created", entry.Created);
        if (entry.Mode is { } mode)
        {
            _writer.WriteString("mode", Convert.ToString(mode, 8).PadLeft(4, '0'));
        }

        Number("owner", entry.Owner);
        Number("group", entry.Group);
        _writer.WriteNumber("links", entry.Links);
        Number("dosAttributes", entry.DosAttributes);
        if (entry.DeviceNumber is { } device)
        {
            _writer.WriteString("device", string.Create(CultureInfo.InvariantCulture, $"{device.Major}:{device.Minor}"));
        }

        if (file.Target is not null)
        {
            Name("target", file.Target);
        }

        if (file.Streams.Count > 0)
        {
            _writer.WriteStartArray("streams");
            foreach (var stream in file.Streams)
            {
                _writer.WriteStartObject();
                Name("name", stream.Name);
                _writer.WriteNumber("size", stream.Size);
                _writer.WriteEndObject();
            }

            _writer.WriteEndArray();
        }

        if (entry.Problem is { } problem)
        {
            _writer.WritePropertyName("problem");
            Problem(problem);
        }

        _writer.WriteEndObject();
    }

    void Problems(string name, IReadOnlyList<GuestProblem> problems)
    {
        _writer.WriteStartArray(name);
        foreach (var problem in problems)
        {
            Problem(problem);
        }

        _writer.WriteEndArray();
    }

    void Problem(GuestProblem problem)
    {
        _writer.WriteStartObject();
        _writer.WriteString("code", problem.Code);
        Name("subject", problem.Subject);
        Name("message", problem.Message);
        _writer.WriteBoolean("isWarning", problem.IsWarning);
        _writer.WriteEndObject();
    }

    void Number(string name, uint? value)
    {
        if (value is { } known)
        {
            _writer.WriteNumber(name, known);
        }
    }

    void Time(string name, GuestTime? time)
    {
        if (time is { } known)
        {
            Span<byte> text = stackalloc byte[GuestTime.TextLength];
            known.Format(text);
            _writer.WriteString(name, text);
        }
    }

    void Name(string property, string value)
    {
        if (value.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
        {
            _writer.WriteString(property, value);
            return;
        }

        var text = new StringBuilder("\"");
        foreach (var unit in value)
        {
            text.Append(unit is >= ' ' and < '\x7f' and not '"' and not '\\' ? unit.ToString() : string.Create(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}"));
        }

        _writer.WritePropertyName(property);
        _writer.WriteRawValue(text.Append('"').ToString(), skipInputValidation: true);
    }
}
