namespace VmProxy.Cli;

/// <summary>The exit codes that scripts rely on.</summary>
static class ExitCodes
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int Usage = 2;
    public const int Warnings = 3;
}
