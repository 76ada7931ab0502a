using System.Text;

namespace VmProxy.Engine.Commands;

/// <summary>The end of what a program writes, in a bounded place, however much it writes.</summary>
sealed class TailOfOutput
{
    const int Limit = 16 * 1024;

    readonly StringBuilder _text = new();
    bool _cut;

    /// <summary>What was kept; a first line says when something is missing.</summary>
    public string Text
    {
        get
        {
            lock (_text)
            {
                return _cut ? $"[…]\n{_text}" : _text.ToString();
            }
        }
    }

    /// <summary>Reads to the end of the stream, or until cancelled.</summary>
    public async Task ReadAsync(StreamReader stream, CancellationToken cancellationToken)
    {
        var buffer = new char[4096];
        try
        {
            while (await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
            {
                Add(buffer.AsSpan(0, count));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // What was read so far is kept.
        }
    }

    void Add(ReadOnlySpan<char> text)
    {
        lock (_text)
        {
            _text.Append(text);
            if (_text.Length > Limit)
            {
                _text.Remove(0, _text.Length - Limit);
                _cut = true;
            }
        }
    }
}
