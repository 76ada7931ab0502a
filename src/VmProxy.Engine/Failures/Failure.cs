namespace VmProxy.Engine.Failures;

/// <summary>An expected failure or a warning, as a person needs it at 3 a.m.: which object, which step, what next.</summary>
/// <param name="Code">A stable code, such as <c>VC_THUMBPRINT_MISMATCH</c>; never renamed.</param>
/// <param name="Object">The VM, disk, datastore, point or file that it happened to.</param>
/// <param name="Step">What was being done to it.</param>
/// <param name="Message">What happened, in a sentence.</param>
/// <param name="Next">What to do about it; empty when nothing is needed.</param>
public sealed record Failure(string Code, string Object, string Step, string Message, string Next)
{
    /// <summary>One line for a terminal or a log.</summary>
    public override string ToString() =>
        $"{Object}: {Step}: {Message} [{Code}]{(Next.Length == 0 ? "" : $" Next: {Next}")}";
}
