namespace VmProxy.Benchmarks.Running;

/// <summary>What one run of a program took.</summary>
/// <param name="Wall">Seconds.</param>
/// <param name="Cpu">Seconds of all its threads, in user and system mode.</param>
/// <param name="PeakRss">The most memory it held at once, in bytes, mapped files included.</param>
/// <param name="PeakAnonymous">The most anonymous memory seen by looking every few milliseconds, in bytes.</param>
/// <param name="Output">What it wrote to standard output.</param>
sealed record Measured(double Wall, double Cpu, long PeakRss, long PeakAnonymous, string Output);
