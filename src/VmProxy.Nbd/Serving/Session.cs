namespace VmProxy.Nbd.Serving;

/// <summary>What a client and the server have agreed on.</summary>
/// <param name="Export">What is read.</param>
/// <param name="IsStructured">Whether answers come in chunks, which can tell holes and reasons.</param>
/// <param name="TellsAllocation">Whether the client may ask what is allocated.</param>
sealed record Session(NbdExport Export, bool IsStructured, bool TellsAllocation);
