namespace VmProxy.Lab.Model;

/// <summary>A fault waiting to strike.</summary>
/// <param name="Name">Kind and arguments, joined by colons.</param>
/// <param name="Skip">How many chances it lets pass first.</param>
/// <param name="Count">How often it strikes then.</param>
public sealed record ArmedFault(string Name, int Skip, int Count);

/// <summary>The armed faults.</summary>
internal sealed class FaultRegistry
{
    const string AnyOperation = "*";

    readonly Lock _gate = new();
    readonly List<ArmedFault> _armed = [];

    public IReadOnlyList<ArmedFault> Armed
    {
        get
        {
            lock (_gate)
            {
                return [.. _armed];
            }
        }
    }

    public void Arm(string name, int count, int skip)
    {
        if (!FaultNames.All.Contains(name.Split(':')[0]))
        {
            throw new ArgumentException($"There is no fault '{name}'; the names are {string.Join(", ", FaultNames.All)}.", nameof(name));
        }

        lock (_gate)
        {
            _armed.Add(new ArmedFault(name, skip, count));
        }
    }

    /// <summary>Disarms one fault, or all without a name.</summary>
    public void Disarm(string? name)
    {
        lock (_gate)
        {
            _armed.RemoveAll(fault => name is null || fault.Name == name);
        }
    }

    /// <summary>Lets a fault of this kind strike: its further arguments, or null when none is due.</summary>
    public string[]? Take(string kind) => Take(kind, _ => true, 1);

    /// <summary>Lets a fault of this kind that names the operation (or "*", or none) strike: the arguments after the operation.</summary>
    public string[]? TakeFor(string kind, string operation) =>
        Take(kind, parts => parts.Length < 2 || parts[1] == AnyOperation || Bare(parts[1]) == Bare(operation), 2);

    /// <summary>The arguments of every armed fault of this kind, without using any up.</summary>
    public IReadOnlyList<string[]> Standing(string kind)
    {
        lock (_gate)
        {
            return [.. _armed.Select(fault => fault.Name.Split(':')).Where(parts => parts[0] == kind).Select(parts => parts[1..])];
        }
    }

    string[]? Take(string kind, Func<string[], bool> applies, int argumentsFrom)
    {
        lock (_gate)
        {
            for (var i = 0; i < _armed.Count; i++)
            {
                var fault = _armed[i];
                var parts = fault.Name.Split(':');
                if (parts[0] != kind || !applies(parts))
                {
                    continue;
                }

                if (fault.Skip > 0)
                {
                    _armed[i] = fault with { Skip = fault.Skip - 1 };
                    continue;
                }

                if (fault.Count > 1)
                {
                    _armed[i] = fault with { Count = fault.Count - 1 };
                }
                else
                {
                    _armed.RemoveAt(i);
                }

                return parts.Length > argumentsFrom ? parts[argumentsFrom..] : [];
            }

            return null;
        }
    }

    static string Bare(string operation) =>
        operation.EndsWith("_Task", StringComparison.Ordinal) ? operation[..^"_Task".Length] : operation;
}
