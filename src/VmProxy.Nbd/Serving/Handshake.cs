using System.Buffers.Binary;
using System.Text;
using VmProxy.Nbd.Protocol;

namespace VmProxy.Nbd.Serving;

/// <summary>
/// The fixed newstyle handshake: the client asks for one option after another, until one of them enters an export or ends the connection.
/// </summary>
sealed class Handshake(Wire wire, Exports exports)
{
    const int OptionHeaderSize = 16;

    bool _isStructured;
    bool _withoutZeroes;

    /// <summary>The export for which the client has selected <see cref="MetaContextQuery.Allocation"/>.</summary>
    string? _allocationOf;

    /// <summary>Agrees with the client; null when the client leaves instead.</summary>
    /// <exception cref="NbdProtocolException">The client sent what cannot be gone on from.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async Task<Session?> RunAsync(CancellationToken cancellationToken)
    {
        await wire.SendAsync(OptionReplies.Greeting(), cancellationToken).ConfigureAwait(false);
        var header = new byte[OptionHeaderSize];
        if (!await wire.TryReadAsync(header.AsMemory(0, sizeof(uint)), cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        TakeClientFlags((ClientFlags)BinaryPrimitives.ReadUInt32BigEndian(header));
        for (var count = 0; count < Limits.MaxOptions; count++)
        {
            if (!await wire.TryReadAsync(header, cancellationToken).ConfigureAwait(false))
            {
                return null;
            }

            var (option, data) = await ReadOptionAsync(header, cancellationToken).ConfigureAwait(false);
            switch ((OptionKind)option)
            {
                case OptionKind.Abort:
                    await SendAsync(OptionReplies.Reply(option, OptionReplyKind.Acknowledged), cancellationToken).ConfigureAwait(false);
                    return null;
                case OptionKind.ExportName:
                    return await EnterByNameAsync(data, cancellationToken).ConfigureAwait(false);
                case OptionKind.Go:
                    if (await InfoAsync(option, data, cancellationToken).ConfigureAwait(false) is { } session)
                    {
                        return session;
                    }

                    break;
                default:
                    await AnswerAsync(option, data, cancellationToken).ConfigureAwait(false);
                    break;
            }
        }

        throw new NbdProtocolException($"the client asked for {Limits.MaxOptions} options and entered no export");
    }

    void TakeClientFlags(ClientFlags flags)
    {
        if ((flags & ~(ClientFlags.FixedNewstyle | ClientFlags.NoZeroes)) != 0)
        {
            throw new NbdProtocolException("the client has flags that were not offered");
        }

        _withoutZeroes = flags.HasFlag(ClientFlags.NoZeroes);
    }

    async ValueTask<(uint Option, byte[] Data)> ReadOptionAsync(byte[] header, CancellationToken cancellationToken)
    {
        if (BinaryPrimitives.ReadUInt64BigEndian(header) != Magic.Option)
        {
            throw new NbdProtocolException("an option has the wrong magic number");
        }

        var option = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(8));
        var length = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(12));
        if (length > Limits.MaxOptionLength)
        {
            await SendAsync(OptionReplies.Error(option, OptionReplyKind.TooBig, $"more than {Limits.MaxOptionLength} bytes"), cancellationToken).ConfigureAwait(false);
            throw new NbdProtocolException($"an option has {length} bytes");
        }

        var data = new byte[length];
        await wire.ReadAsync(data, cancellationToken).ConfigureAwait(false);
        return (option, data);
    }

    async Task<Session> EnterByNameAsync(byte[] data, CancellationToken cancellationToken)
    {
        // This option has no answer that says no.
        var name = Encoding.UTF8.GetString(data);
        var export = exports.Find(name) ?? throw new NbdProtocolException("the client asked for an export that does not exist");
        await SendAsync(OptionReplies.OldExportInfo(export, _isStructured, _withoutZeroes), cancellationToken).ConfigureAwait(false);
        return Enter(name, export);
    }

    /// <summary>Tells of an export; the session in it, or null when there is no such export.</summary>
    async Task<Session?> InfoAsync(uint option, byte[] data, CancellationToken cancellationToken)
    {
        if (InfoQuery.Parse(data) is not { } query)
        {
            await InvalidAsync(option, cancellationToken).ConfigureAwait(false);
            return null;
        }

        if (exports.Find(query.Export) is not { } export)
        {
            await UnknownAsync(option, cancellationToken).ConfigureAwait(false);
            return null;
        }

        await SendAsync(OptionReplies.ExportInfo(option, export, _isStructured), cancellationToken).ConfigureAwait(false);
        if (query.Wanted.Contains(InfoKind.Name))
        {
            await SendAsync(OptionReplies.TextInfo(option, InfoKind.Name, export.Name), cancellationToken).ConfigureAwait(false);
        }

        if (query.Wanted.Contains(InfoKind.Description))
        {
            await SendAsync(OptionReplies.TextInfo(option, InfoKind.Description, export.Description), cancellationToken).ConfigureAwait(false);
        }

        if (query.Wanted.Contains(InfoKind.BlockSize))
        {
            await SendAsync(OptionReplies.BlockSizeInfo(option, export), cancellationToken).ConfigureAwait(false);
        }

        await AcknowledgeAsync(option, cancellationToken).ConfigureAwait(false);
        return Enter(query.Export, export);
    }

    ValueTask AnswerAsync(uint option, byte[] data, CancellationToken cancellationToken) => (OptionKind)option switch
    {
        OptionKind.List when data.Length == 0 => ListAsync(option, cancellationToken),
        OptionKind.StructuredReply when data.Length == 0 => StructuredAsync(option, cancellationToken),
        OptionKind.List or OptionKind.StructuredReply => InvalidAsync(option, cancellationToken),
        OptionKind.Info => new ValueTask(InfoAsync(option, data, cancellationToken)),
        OptionKind.ListMetaContext or OptionKind.SetMetaContext => MetaContextAsync(option, data, cancellationToken),
        _ => SendAsync(OptionReplies.Error(option, OptionReplyKind.Unsupported, "this option is not supported"), cancellationToken),
    };

    async ValueTask ListAsync(uint option, CancellationToken cancellationToken)
    {
        foreach (var export in exports.All)
        {
            await SendAsync(OptionReplies.Server(option, export), cancellationToken).ConfigureAwait(false);
        }

        await AcknowledgeAsync(option, cancellationToken).ConfigureAwait(false);
    }

    ValueTask StructuredAsync(uint option, CancellationToken cancellationToken)
    {
        _isStructured = true;
        return AcknowledgeAsync(option, cancellationToken);
    }

    async ValueTask MetaContextAsync(uint option, byte[] data, CancellationToken cancellationToken)
    {
        var isSet = (OptionKind)option == OptionKind.SetMetaContext;
        if (isSet)
        {
            // What was selected before ends, whatever comes of this one.
            _allocationOf = null;
        }

        if (MetaContextQuery.Parse(data) is not { } query || !_isStructured)
        {
            await InvalidAsync(option, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (exports.Find(query.Export) is null)
        {
            await UnknownAsync(option, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (isSet ? query.Selects : query.Lists)
        {
            await SendAsync(OptionReplies.MetaContext(option, isSet ? MetaContextQuery.AllocationId : 0, MetaContextQuery.Allocation), cancellationToken).ConfigureAwait(false);
            _allocationOf = isSet ? query.Export : _allocationOf;
        }

        await AcknowledgeAsync(option, cancellationToken).ConfigureAwait(false);
    }

    Session Enter(string name, NbdExport export) => new(export, _isStructured, _isStructured && _allocationOf == name);

    ValueTask AcknowledgeAsync(uint option, CancellationToken cancellationToken) =>
        SendAsync(OptionReplies.Reply(option, OptionReplyKind.Acknowledged), cancellationToken);

    ValueTask InvalidAsync(uint option, CancellationToken cancellationToken) =>
        SendAsync(OptionReplies.Error(option, OptionReplyKind.Invalid, "the option's data are malformed, or it comes too early"), cancellationToken);

    ValueTask UnknownAsync(uint option, CancellationToken cancellationToken) =>
        SendAsync(OptionReplies.Error(option, OptionReplyKind.Unknown, "there is no such export"), cancellationToken);

    ValueTask SendAsync(byte[] message, CancellationToken cancellationToken) => wire.SendAsync(message, cancellationToken);
}
