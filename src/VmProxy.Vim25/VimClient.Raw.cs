using System.Xml.Linq;

namespace VmProxy.Vim25;

public sealed partial class VimClient
{
    /// <summary>
    /// Results of an operation as they were received, for what must be kept whole: elements and types that the schema does not know are all there.
    /// </summary>
    public Task<List<XElement>> CallRawAsync(VimRequest request, CancellationToken cancellationToken = default) =>
        _channel.CallListAsync(request, static reader => reader.Raw(), cancellationToken);
}
