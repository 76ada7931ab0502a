namespace VmProxy.Vsphere;

/// <summary>What belonged to one login (views, filters, collectors) or to one answer (a continuation) is lost; it must be made anew.</summary>
sealed class StartOverException(Exception? cause) : Exception("What belonged to an ended session must be made anew.", cause);
