using VmProxy.Engine.Failures;

namespace VmProxy.Cli.Output;

/// <summary>What <c>--json</c> prints when a command fails as a whole.</summary>
sealed record ErrorDocument(Failure Error);
