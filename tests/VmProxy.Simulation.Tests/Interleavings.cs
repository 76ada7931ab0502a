namespace VmProxy.Simulation.Tests;

/// <summary>
/// Runs a cast in one order of turns with every placement of its switches, except those that make a story that another one has told already.
/// </summary>
/// <remarks>
/// Most bugs of concurrent programs need few switches (Musuvathi and Qadeer, context-bounded model checking), so that trying all placements of few in a small
/// world finds what chance in a large one does not.
/// </remarks>
sealed class Interleavings(Cast cast, string order, Action<DirectedWorld> ended, CancellationToken cancellationToken)
{
    readonly IReadOnlyList<int> _switches = DirectedWorld.SwitchesOf(order);
    readonly int[] _cuts = new int[DirectedWorld.SwitchesOf(order).Count];

    public void RunAll() => Explore(0);

    /// <summary>Tries all placements of the switches from one on; returns for each before it where the next other story is.</summary>
    int[] Explore(int first)
    {
        if (first == _cuts.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var world = Run(traces: false);
            ended(world);
            return world.NextCuts();
        }

        int[] next = [.. Enumerable.Repeat(int.MaxValue, first)];
        for (var cut = Earliest(first); cut != int.MaxValue;)
        {
            _cuts[first] = cut;
            var found = Explore(first + 1);
            cut = found[first];
            for (var i = 0; i < first; i++)
            {
                next[i] = Math.Min(next[i], found[i]);
            }
        }

        return next;
    }

    DirectedWorld Run(bool traces)
    {
        var world = new DirectedWorld(cast, order, [.. _cuts], traces);
        try
        {
            world.Run();
            return world;
        }
        catch (SimulationException) when (!traces)
        {
            return Run(traces: true); // the same again, to be told
        }
    }

    // A turn has at least one call; one that has none is another order.
    int Earliest(int place)
    {
        for (var before = place - 1; before >= 0; before--)
        {
            if (order[_switches[before]] == order[_switches[place]])
            {
                return _cuts[before] + 1;
            }
        }

        return 1;
    }
}
