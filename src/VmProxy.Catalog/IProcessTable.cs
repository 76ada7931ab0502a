namespace VmProxy.Catalog;

/// <summary>What this process can see of the processes beside it.</summary>
public interface IProcessTable
{
    /// <summary>Random id of the machine's present boot; empty when unknown.</summary>
    string BootId { get; }

    /// <summary>The namespace whose process ids we see; empty when unknown.</summary>
    string PidNamespace { get; }

    /// <summary>Start of a live process in clock ticks after boot; null when there is none, or only its unreaped remains.</summary>
    long? StartTicks(int processId);
}
