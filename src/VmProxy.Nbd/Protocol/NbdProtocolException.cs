namespace VmProxy.Nbd.Protocol;

/// <summary>The client broke the protocol so that its connection cannot go on.</summary>
sealed class NbdProtocolException(string message) : Exception(message);
