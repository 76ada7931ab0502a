using System.Globalization;

namespace VmProxy.Vsphere;

/// <summary>
/// A change id, <c>uuid/sequence</c>. The uuid names the epoch: a reset of change tracking begins another, and ids of two epochs say nothing about
/// each other (requirement 4). The sequence grows with every snapshot.
/// </summary>
/// <param name="Epoch">The part before the slash.</param>
/// <param name="Sequence">The part after it; null when it is not a number.</param>
public readonly record struct ChangeId(string Epoch, long? Sequence)
{
    /// <summary>Takes an id apart; one without a slash is an epoch alone.</summary>
    public static ChangeId Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int slash = text.LastIndexOf('/');
        return slash < 0
            ? new ChangeId(text, null)
            : new ChangeId(
                text[..slash],
                long.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long sequence) ? sequence : null);
    }
}
