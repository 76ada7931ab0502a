namespace VmProxy.Engine.Care;

/// <summary>Why the janitor sweeps.</summary>
public enum SweepOccasion
{
    /// <summary>Somebody asked for it: everything is tried at once, and sizes are read anew.</summary>
    Command,

    /// <summary>The service does it every hour.</summary>
    Schedule,

    /// <summary>A run does it before it begins its own work.</summary>
    RunStart,
}
