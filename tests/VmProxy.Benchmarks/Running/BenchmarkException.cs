namespace VmProxy.Benchmarks.Running;

/// <summary>A benchmark that could not be run to its end; the message says what to do.</summary>
sealed class BenchmarkException(string message) : Exception(message);
